"""An RTSP camera farm with faults: the demo fleet, the tests' cameras and the benchmark's load."""
