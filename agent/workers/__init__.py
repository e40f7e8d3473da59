"""Workers: processes that play the samples of an evaluation in this one's place, anywhere."""
