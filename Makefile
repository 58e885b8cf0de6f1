.PHONY: fuzz-coverage
fuzz-coverage: # look for inputs that break a law, led by coverage: a minute for each target
	bash tests/fuzz/run 60
