#pragma once

namespace sallyport {

// The only place that says it: Makefile and packages read it from here.
inline constexpr const char version[] = "0.1.0";

} // namespace sallyport
