#pragma once

#include <cstdlib>
#include <string>

#include <rapidcheck.h>

#include "check.hpp"

namespace sallyport::test {

// RapidCheck says on stderr how to repeat a failure: RC_PARAMS="reproduce=...".
template <typename Testable>
void property(Checks& checks, const std::string& what, const Testable& testable) {
    ::setenv("RC_PARAMS", "max_success=1000", 0);
    checks.that(rc::check(what, testable), what);
}

} // namespace sallyport::test
