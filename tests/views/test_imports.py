"""The pages of an import, step by step, and what each of them refuses."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

import jobs.imports
from tests.views.conftest import FRAGMENT
from webapp.extensions import db, redis_client
from webapp.models import Camera, Import, Role, User, WorkState, utc_now
from webapp.services.imports import course

FILE = b"name,code,rtsp_url,password,group\nGate,G1,10.0.0.1,geheim!,Site A\nDoor,D1,nowhere at all,geheim!,Site A\n"


def upload(client: FlaskClient, data: bytes = FILE, name: str = "cameras.csv") -> Import:
    answer = client.post("/imports", data={"file": (io.BytesIO(data), name)})
    assert answer.status_code == 303, answer.text
    return db.session.query(Import).filter_by(id=answer.headers["Location"].rpartition("/")[2]).one()


def post(client: FlaskClient, form: dict[str, Any]) -> TestResponse:
    """A form with a file, as a browser sends it; the test client would leave large ones open on the disk."""
    parts = []
    for name, value in form.items():
        data, filename = value if isinstance(value, tuple) else (value.encode(), None)
        head = f'--x\r\nContent-Disposition: form-data; name="{name}"' + (
            f'; filename="{filename}"' if filename else ""
        )
        parts += [head.encode(), b"\r\n\r\n", data, b"\r\n"]
    return client.post(
        "/imports", data=b"".join([*parts, b"--x--\r\n"]), content_type="multipart/form-data; boundary=x"
    )


def options(import_: Import, **changed: str) -> dict[str, str]:
    """What the form of the columns sends."""
    columns = {f"column-{n}": name or "" for n, name in enumerate(import_.options["mapping"])}
    return columns | {"match": "code", "existing": "fill", "creates_groups": "y", "group_id": ""} | changed


def checked(client: FlaskClient, **changed: str) -> Import:
    import_ = upload(client)
    answer = client.post(f"/imports/{import_.id}/check", data=options(import_, **changed))
    assert answer.status_code == 303, answer.text
    jobs.imports.check(import_.id)
    return db.session.get_one(Import, import_.id, populate_existing=True)


def applied(client: FlaskClient) -> Import:
    import_ = checked(client)
    assert client.post(f"/imports/{import_.id}/apply").status_code == 303
    jobs.imports.apply(import_.id)
    return db.session.get_one(Import, import_.id, populate_existing=True)


def page(client: FlaskClient, import_: Import, **query: Any) -> str:
    answer = client.get(f"/imports/{import_.id}", query_string=query)
    assert answer.status_code == 200
    return answer.text


def words(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def test_a_file_goes_from_its_columns_to_the_fleet_and_back(admin: FlaskClient) -> None:
    import_ = upload(admin)
    first = page(admin, import_)
    assert "2 rows" in words(first)
    assert "nowhere at all" in first
    admin.post(f"/imports/{import_.id}/check", data=options(import_))
    assert "hx-trigger" in page(admin, import_)
    jobs.imports.check(import_.id)
    text = words(page(admin, import_))
    assert "Import 1 row, leave out 1" in text
    assert "1 group will be made: Site A" in text
    assert "The URL contains a space." in text
    admin.post(f"/imports/{import_.id}/apply")
    jobs.imports.apply(import_.id)
    text = page(admin, import_, kind="create")
    camera = db.session.query(Camera).one()
    assert "Imported: 1 new camera, 0 changed cameras; 1 row left out." in words(text)
    assert f"/cameras/{camera.id}" in text
    assert "1 camera that it made is deleted" in words(admin.get(f"/imports/{import_.id}/undo").text)
    admin.post(f"/imports/{import_.id}/undo")
    jobs.imports.undo(import_.id)
    assert "Undone: 1 row taken back" in words(page(admin, import_))
    assert db.session.query(Camera).count() == 0
    assert admin.post(f"/imports/{import_.id}/columns").status_code == 303
    assert "Check columns" in words(page(admin, import_))


def test_no_page_shows_a_password(admin: FlaskClient) -> None:
    import_ = upload(admin)
    pages = [page(admin, import_)]
    admin.post(f"/imports/{import_.id}/check", data=options(import_))
    jobs.imports.check(import_.id)
    pages += [page(admin, import_, kind=kind) for kind in ("error", "create")]
    admin.post(f"/imports/{import_.id}/apply")
    jobs.imports.apply(import_.id)
    pages += [page(admin, import_, kind="create"), admin.get("/imports").text, admin.get("/audit").text]
    assert not any("geheim!" in text for text in pages)


def test_rows_can_be_pasted(admin: FlaskClient) -> None:
    answer = admin.post("/imports", data={"text": "name\trtsp_url\nTür\t10.0.0.1\n"})
    assert answer.status_code == 303
    (import_,) = db.session.query(Import)
    assert (import_.filename, import_.file["delimiter"], import_.file["rows"]) == ("Pasted rows", "\t", 1)


@pytest.mark.parametrize(
    ("form", "code", "sentence"),
    [
        ({}, 422, "Choose a file, or paste the rows."),
        ({"text": "name,rtsp_url\n"}, 422, "a heading and no row below it"),
        ({"file": (b"%PDF-1.7", "list.csv")}, 422, "This is a PDF, whatever its name."),
        ({"file": (b"PK\x03\x04", "list.xlsx")}, 422, "Open it and save it as CSV."),
        ({"file": (b"x" * (20 * 1024 * 1024 + 1), "a.csv")}, 413, "at most 20 MB can be read."),
        ({"file": (b"x" * (22 * 1024 * 1024), "a.csv")}, 413, "This is larger than 20 MB."),
        ({"text": "x" * (3 * 1024 * 1024)}, 413, "pasted rows may have 2 MB."),
    ],
)
def test_what_cannot_be_taken_is_refused_in_a_sentence(
    admin: FlaskClient, form: dict[str, Any], code: int, sentence: str
) -> None:
    answer = post(admin, form)
    assert answer.status_code == code
    assert sentence in words(answer.text)
    assert db.session.query(Import).count() == 0


def test_refused_rows_stay_in_the_box(admin: FlaskClient) -> None:
    assert "name,rtsp_url" in admin.post("/imports", data={"text": "name,rtsp_url\n"}).text


def test_a_large_upload_of_a_stranger_leads_to_the_sign_in(client: FlaskClient) -> None:
    answer = post(client, {"file": (b"x" * (22 * 1024 * 1024), "a.csv")})
    assert answer.status_code == 302
    assert "/login" in answer.headers["Location"]


def test_other_pages_still_take_no_more_than_they_did(admin: FlaskClient) -> None:
    assert admin.post("/cameras/new", data={"name": "x" * (7 * 1024 * 1024)}).status_code == 413


def test_the_name_of_a_file_is_only_text(admin: FlaskClient) -> None:
    import_ = upload(admin, name="../lists/<b>x.csv")
    assert import_.filename == "<b>x.csv"
    for text in (page(admin, import_), admin.get("/imports").text):
        assert "<b>x" not in text
        assert "&lt;b&gt;x.csv" in text


def test_it_is_read_again_in_another_encoding_by_script_and_without(admin: FlaskClient) -> None:
    import_ = upload(admin, "Name;IP\nTür;10.0.0.1\n".encode("mac-roman"))
    answer = admin.post(f"/imports/{import_.id}/read", data={"encoding": "mac-roman"}, headers=FRAGMENT)
    assert answer.status_code == 200
    assert "Tür" in answer.text
    answer = admin.post(f"/imports/{import_.id}/check", data=options(import_, encoding="windows-1252"))
    assert answer.status_code == 303
    db.session.refresh(import_)
    assert (import_.state, import_.file["encoding"]) == (WorkState.DRAFT, "windows-1252"), "looked at again first"


def test_a_way_of_reading_that_does_not_fit_is_refused(admin: FlaskClient) -> None:
    import_ = upload(admin, "Name;IP\nTür;10.0.0.1\n".encode("windows-1252"))
    answer = admin.post(f"/imports/{import_.id}/read", data={"encoding": "utf-8"})
    assert answer.status_code == 422
    assert "The file is not UTF-8: line 2" in words(answer.text)


def test_columns_that_make_no_sense_are_refused_as_they_were_chosen(admin: FlaskClient) -> None:
    import_ = upload(admin)
    answer = admin.post(f"/imports/{import_.id}/check", data=options(import_, **{"column-1": "name", "match": "url"}))
    assert answer.status_code == 422
    assert "name: chosen for two columns." in words(answer.text)
    assert re.search(r'id="match-url" value="url" checked', answer.text)
    assert db.session.get_one(Import, import_.id).state == WorkState.DRAFT


def test_progress_asks_for_itself_until_it_is_over(admin: FlaskClient) -> None:
    import_ = upload(admin)
    admin.post(f"/imports/{import_.id}/check", data=options(import_))
    course.claim(import_.id, [WorkState.CHECKING], utc_now())
    course.note(import_.id, 1, utc_now())
    answer = admin.get(f"/imports/{import_.id}/progress", headers=FRAGMENT)
    assert 'hx-trigger="every 1s"' in answer.text
    assert "1 of 2 rows looked at" in words(answer.text)
    assert "50 percent looked at" in words(answer.text)
    course.go(import_.id, [WorkState.CHECKING], WorkState.CHECKED, utc_now())
    answer = admin.get(f"/imports/{import_.id}/progress", headers=FRAGMENT)
    assert answer.headers["HX-Redirect"].startswith(f"/imports/{import_.id}")
    assert "hx-trigger" not in answer.text
    assert admin.get(f"/imports/{import_.id}/progress").status_code == 303


def test_an_import_that_waits_can_be_stopped(admin: FlaskClient) -> None:
    import_ = checked(admin)
    admin.post(f"/imports/{import_.id}/apply")
    assert admin.post(f"/imports/{import_.id}/cancel").status_code == 303
    db.session.refresh(import_)
    assert import_.state == WorkState.CHECKED
    assert "Import 1 row" in words(page(admin, import_))


def test_a_second_press_says_that_it_has_gone_on(admin: FlaskClient) -> None:
    import_ = checked(admin)
    for _ in range(2):
        assert admin.post(f"/imports/{import_.id}/apply").status_code == 303
    assert "This import has gone on meanwhile" in words(page(admin, import_))


def test_before_an_undo_it_is_said_what_goes_and_what_stays(admin: FlaskClient) -> None:
    import_ = checked(admin)
    assert admin.get(f"/imports/{import_.id}/undo").status_code == 303, "there is nothing to undo yet"
    import_ = applied(admin)
    db.session.query(Camera).update({"version": 2})
    db.session.commit()
    text = words(admin.get(f"/imports/{import_.id}/undo").text)
    assert "1 camera stays as now: somebody has changed or deleted it since." in text
    assert "deleted, with everything" not in text
    assert db.session.get_one(Import, import_.id, populate_existing=True).state == WorkState.DONE


def test_a_file_without_the_columns_a_camera_needs_is_asked_about_first(admin: FlaskClient) -> None:
    import_ = upload(admin, b"code,Kamerabild\nG1,10.0.0.1\n")
    sentence = "No column fills Name and RTSP URL yet."
    assert sentence in words(page(admin, import_))
    answer = admin.post(f"/imports/{import_.id}/check", data=options(import_))
    assert answer.status_code == 422
    assert sentence in words(answer.text)
    assert admin.post(f"/imports/{import_.id}/check", data=options(import_, anyway="y")).status_code == 303
    db.session.refresh(import_)
    assert import_.state == WorkState.CHECKING


def test_columns_are_mapped_as_in_the_last_file_with_the_same_headings(admin: FlaskClient) -> None:
    import_ = upload(admin, b"Wo,rtsp_url,name\nHall,10.0.0.1,A\n", "first.csv")
    assert "Mapped as you had it" not in page(admin, import_)
    admin.post(f"/imports/{import_.id}/check", data=options(import_, **{"column-0": "location"}))
    again = upload(admin, b"name,Wo,rtsp_url,_line,_error\nB,Hall,10.0.0.2,3,Wrong\n", "again.csv")
    assert again.options["mapping"] == ["name", "location", "rtsp_url", None, None]
    assert "Mapped as you had it for first.csv" in words(page(admin, again))


def test_a_column_of_passwords_in_another_field_is_warned_of_before_and_after_the_dry_run(admin: FlaskClient) -> None:
    import_ = upload(admin, b"name,rtsp_url,Passwort\nA,10.0.0.1,geheim!\n")
    admin.post(f"/imports/{import_.id}/check", data=options(import_, **{"column-2": "notes"}))
    jobs.imports.check(import_.id)
    text = page(admin, import_)
    assert "The column “Passwort” seems to hold passwords and fills Notes" in words(text)
    assert "geheim!" not in text
    admin.post(f"/imports/{import_.id}/columns")
    assert "looks like passwords" in page(admin, import_)


def test_when_nothing_changes_there_is_nothing_to_import(admin: FlaskClient) -> None:
    file = b"name,rtsp_url,fps\nA,rtsp://10.0.0.1/a,15\n"
    first = upload(admin, file)
    admin.post(f"/imports/{first.id}/check", data=options(first))
    jobs.imports.check(first.id)
    assert "Frames per second 15 " in words(page(admin, first))
    admin.post(f"/imports/{first.id}/apply")
    jobs.imports.apply(first.id)
    again = upload(admin, file)
    admin.post(f"/imports/{again.id}/check", data=options(again))
    jobs.imports.check(again.id)
    text = words(page(admin, again))
    assert "Nothing to do: no row changes anything that is stored." in text
    assert "Import 1 row" not in text


def test_all_or_nothing_with_errors_is_refused(admin: FlaskClient) -> None:
    import_ = checked(admin)
    assert 'name="is_all_or_nothing"' not in page(admin, import_)
    answer = admin.post(f"/imports/{import_.id}/apply", data={"is_all_or_nothing": "on"})
    assert answer.status_code == 422
    assert "all or nothing would be nothing" in words(answer.text)


def test_without_redis_it_waits_and_says_so(admin: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: Any, **__: Any) -> None:
        raise jobs.QueueAway

    monkeypatch.setattr(jobs, "enqueue", away)
    import_ = upload(admin)
    admin.post(f"/imports/{import_.id}/check", data=options(import_))
    assert "This begins by itself when Redis is back." in words(page(admin, import_))
    db.session.refresh(import_)
    assert import_.state == WorkState.CHECKING


def test_a_job_carries_the_id_alone(admin: FlaskClient) -> None:
    import_ = upload(admin)
    admin.post(f"/imports/{import_.id}/check", data=options(import_))
    (job_id,) = redis_client.lrange("rq:queue:slow", 0, -1)  # type: ignore[misc]
    job = redis_client.hgetall(f"rq:job:{job_id.decode()}")
    assert b"geheim" not in b"".join([*job.keys(), *job.values()])  # type: ignore[union-attr]


def test_the_rejected_rows_are_for_whoever_uploaded_them(
    app: Flask, admin: FlaskClient, sign_in: Callable[..., User]
) -> None:
    other = app.test_client()
    sign_in(other, Role.OPERATOR)
    import_ = checked(other)
    answer = other.get(f"/imports/{import_.id}/rejected")
    assert answer.headers["Content-Disposition"] == "attachment; filename=cameras-rejected.csv"
    assert 'Door,D1,nowhere at all,geheim!,Site A,3,"rtsp_url: The URL' in answer.data.decode("utf-8-sig")
    assert "Download the row" in page(other, import_)
    assert admin.get(f"/imports/{import_.id}/rejected").status_code == 404
    assert "Download the row" not in page(admin, import_)


def test_imports_are_seen_by_their_person_and_by_admins(
    app: Flask, admin: FlaskClient, sign_in: Callable[..., User]
) -> None:
    import_ = upload(admin)
    other = app.test_client()
    sign_in(other, Role.OPERATOR)
    mine = upload(other, name="mine.csv")
    assert other.get(f"/imports/{import_.id}").status_code == 404
    assert "cameras.csv" not in other.get("/imports").text
    assert admin.get(f"/imports/{mine.id}").status_code == 200
    assert "mine.csv" in admin.get("/imports").text
    for url in ("/imports/x", f"/imports/{'0' * 36}", "/imports/%00"):
        assert admin.get(url).status_code == 404


def test_somebody_who_may_only_look_gets_no_import(as_role: Callable[[Role], FlaskClient]) -> None:
    client = as_role(Role.VIEWER)
    assert client.get("/imports/new").status_code == 403
    assert 'href="/imports' not in client.get("/cameras").text


def test_a_person_needs_no_scripts(admin: FlaskClient) -> None:
    """Every step is a form or a link."""
    import_ = upload(admin)
    assert f'formaction="/imports/{import_.id}/read"' in page(admin, import_)
    admin.post(f"/imports/{import_.id}/check", data=options(import_))
    assert "Look again" in page(admin, import_)


def test_the_template_is_a_file(admin: FlaskClient) -> None:
    answer = admin.get("/imports/template.csv")
    assert answer.mimetype == "text/csv"
    assert answer.data.startswith(b"\xef\xbb\xbfname,code,rtsp_url")


def test_the_history_shows_pages_of_imports(admin: FlaskClient) -> None:
    user_id = db.session.scalar(select(User.id))
    for number in range(51):
        db.session.add(Import(user_id=user_id, filename=f"{number}.csv", file={}, options={}))
    db.session.commit()
    assert 'href="/imports?page=2"' in admin.get("/imports").text
    assert admin.get("/imports?page=2").text.count(".csv</a>") == 1
    assert admin.get("/imports?page=99").status_code == 200
