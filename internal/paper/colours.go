package paper

// The colours of a page: ink on white, with one quiet blue and one stone grey.
// All text colours have a contrast of at least 4.5 : 1 on white.
var (
	white = colour{1, 1, 1}
	black = colour{0, 0, 0}
	ink   = colour{0.11, 0.13, 0.16}
	slate = colour{0.13, 0.27, 0.36}
	muted = colour{0.36, 0.39, 0.42}
	stone = colour{0.72, 0.70, 0.66}
	faint = colour{0.90, 0.89, 0.87}
)
