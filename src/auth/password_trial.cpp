#include "auth/password_trial.hpp"

#include <algorithm>

namespace sallyport::auth {

void HashKinds::add(const PasswordHash& hash) {
    const bool known = std::any_of(kinds_.begin(), kinds_.end(), [&](const PasswordHash& other) {
        return other.kind() == hash.kind();
    });
    if (!hash.is_slow() || known) {
        return;
    }
    complete_ = kinds_.size() < limit;
    if (complete_) {
        kinds_.push_back(hash);
    }
}

SharedKinds HashKinds::share() && {
    return kinds_.empty() ? nullptr
                          : std::make_shared<const std::vector<PasswordHash>>(std::move(kinds_));
}

bool PasswordTrial::matches(std::string_view password) const {
    if (hash_ && hash_->matches(password)) {
        return true;
    }
    if (kinds_) {
        for (const PasswordHash& other : *kinds_) {
            if (!hash_ || other.kind() != hash_->kind()) {
                static_cast<void>(other.matches(password));
            }
        }
    }
    return false;
}

} // namespace sallyport::auth
