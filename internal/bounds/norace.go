//go:build !race

package bounds

const instrumented = 1
