#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "auth/method.hpp"
#include "base/reason.hpp"

namespace sallyport::auth {

// A WWW-Authenticate field value of a method (RFC 9110 section 11.6.1): Bearer (RFC 6750 section
// 3), Basic (RFC 7617 section 2) or Api-Key. `presented` is the method of the credential that was
// refused, if it came to that. Empty where there is nothing to say to the client: a failure that is
// ours, or one that no other credential of this method would mend.
std::string challenge(Method method, std::string_view realm, Reason reason,
                      std::optional<Method> presented);

// A problem details object (RFC 9457) that tells the client the public side of the reason. `status`
// is that of the answer, if it is not the reason's own. `explanation` is for an administrator, in
// printable ASCII; empty: none.
std::string problem_json(Reason reason, int status, std::string_view explanation = {});
inline std::string problem_json(Reason reason) {
    return problem_json(reason, describe(reason).status);
}

// The same as a page, for locations whose errors are HTML.
std::string problem_html(int status, std::string_view explanation);

} // namespace sallyport::auth
