"""Looking at one camera: address policy, RTSP probe, frame grab, thumbnail. No database, no request, no queue."""
