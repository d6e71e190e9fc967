//go:build race

package bounds

const instrumented = 10 // times as slow, with the race detector
