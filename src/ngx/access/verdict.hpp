#pragma once

#include <optional>

#include "base/reason.hpp"

namespace sallyport::ngx {

// The result of checking a credential.
class Verdict {
  public:
    static Verdict authenticated() noexcept { return Verdict(Kind::authenticated, std::nullopt); }
    static Verdict refused(Reason reason) noexcept { return Verdict(Kind::refused, reason); }
    // Something must be waited for first: keys, a slow hash or a lookup.
    static Verdict pending() noexcept { return Verdict(Kind::pending, std::nullopt); }
    static Verdict refused_if(std::optional<Reason> reason) noexcept {
        return reason ? refused(*reason) : authenticated();
    }

    [[nodiscard]] bool is_pending() const noexcept { return kind_ == Kind::pending; }
    [[nodiscard]] std::optional<Reason> refusal() const noexcept { return reason_; }

  private:
    enum class Kind { authenticated, refused, pending };
    Verdict(Kind kind, std::optional<Reason> reason) noexcept : kind_(kind), reason_(reason) {}

    Kind kind_;
    std::optional<Reason> reason_;
};

} // namespace sallyport::ngx
