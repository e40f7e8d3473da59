"""Questions about pictures: V*Bench, BLINK, SAT and RoboSpatial-Home."""
