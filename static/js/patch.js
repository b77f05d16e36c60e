// The htmx swap style "patch": make an element equal to its new self while every node that can stay stays, so that
// focus, selection and pictures are left alone. Attributes named in data-keep belong to the browser.
(() => {
  const wanted = new WeakMap(); // img → the picture it is to show next

  function patch(old, fresh, added) {
    if (old.isEqualNode(fresh)) return;
    if (old.nodeType !== fresh.nodeType || old.nodeName !== fresh.nodeName || old.id !== fresh.id) {
      old.replaceWith(fresh);
      if (fresh.nodeType === Node.ELEMENT_NODE) added.push(fresh);
      return;
    }
    if (old.nodeType !== Node.ELEMENT_NODE) {
      old.nodeValue = fresh.nodeValue;
      return;
    }
    patchAttributes(old, fresh);
    patchChildren(old, fresh, added);
  }

  function patchAttributes(old, fresh) {
    const kept = new Set((fresh.dataset.keep || "").split(" "));
    for (const { name, value } of [...fresh.attributes]) {
      if (kept.has(name) || old.getAttribute(name) === value) continue;
      if (name === "src" && old.nodeName === "IMG") changePicture(old, value);
      else old.setAttribute(name, value);
    }
    for (const { name } of [...old.attributes]) {
      if (!fresh.hasAttribute(name) && !kept.has(name)) old.removeAttribute(name);
    }
  }

  // Children that have an id stay themselves though others come or go before them: what is typed there is not lost.
  function patchChildren(old, fresh, added) {
    const coming = new Set([...fresh.children].map((child) => child.id).filter(Boolean));
    const staying = (node) => Boolean(node?.id) && coming.has(node.id);
    let at = old.firstChild;
    for (const node of [...fresh.childNodes]) {
      const same = node.id ? [...old.children].find((child) => child.id === node.id) : null;
      while (same && at && at !== same && !staying(at)) at = removed(at);
      if (same && at !== same) old.insertBefore(same, at);
      else if (!same && (!at || staying(at))) old.insertBefore(node, at);
      if (!same && node.parentNode === old) {
        if (node.nodeType === Node.ELEMENT_NODE) added.push(node);
        continue;
      }
      const current = same || at;
      at = current === at ? at.nextSibling : at;
      patch(current, node, added);
    }
    while (at) at = removed(at);
  }

  function removed(node) {
    const next = node.nextSibling;
    node.remove();
    return next;
  }

  // The new picture is decoded before it is shown; when it cannot be had, the old one stays and says so.
  function changePicture(img, url) {
    wanted.set(img, url);
    if (!img.naturalWidth || isFarAway(img)) {
      img.src = url;
      return;
    }
    const next = new Image();
    next.src = url;
    next.decode().then(
      () => settle(img, url, () => { img.src = url; }, false),
      () => settle(img, url, () => {}, true),
    );
  }

  function settle(img, url, act, isMissing) {
    if (wanted.get(img) !== url) return;
    act();
    img.parentElement?.classList.toggle("is-missing", isMissing);
  }

  function isFarAway(img) {
    const box = img.getBoundingClientRect();
    return box.bottom < -innerHeight || box.top > 2 * innerHeight;
  }

  htmx.defineExtension("patch", {
    isInlineSwap: (style) => style === "patch",
    handleSwap(style, target, fragment) {
      if (style !== "patch") return false;
      const added = [];
      patch(target, fragment.firstElementChild || fragment, added);
      return added.length ? added : true;
    },
  });
})();
