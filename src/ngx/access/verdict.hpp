#pragma once

#include <optional>

#include "base/reason.hpp"

namespace sallyport::ngx {

// What the check of a credential has come to.
class Verdict {
  public:
    static Verdict proved() noexcept { return Verdict(Kind::proved, std::nullopt); }
    static Verdict refused(Reason reason) noexcept { return Verdict(Kind::refused, reason); }
    // Something has to be waited for.
    static Verdict undecided() noexcept { return Verdict(Kind::undecided, std::nullopt); }
    static Verdict refused_if(std::optional<Reason> reason) noexcept {
        return reason ? refused(*reason) : proved();
    }

    [[nodiscard]] bool is_undecided() const noexcept { return kind_ == Kind::undecided; }
    [[nodiscard]] std::optional<Reason> refusal() const noexcept { return reason_; }

  private:
    enum class Kind { proved, refused, undecided };
    Verdict(Kind kind, std::optional<Reason> reason) noexcept : kind_(kind), reason_(reason) {}

    Kind kind_;
    std::optional<Reason> reason_;
};

} // namespace sallyport::ngx
