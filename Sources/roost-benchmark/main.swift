import ArgumentParser

RoostBenchmark.main()
