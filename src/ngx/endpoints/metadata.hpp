#pragma once

#include <string>
#include <string_view>

#include "base/string_map.hpp"

namespace sallyport::ngx {

// The metadata of the protected resources of one server (auth_resource), by the path that follows
// the well-known one. A slash at the end of a path does not matter: clients leave it out.
class ResourceDocuments {
  public:
    // False if there is a document at this path.
    bool reserve(std::string_view path) {
        return by_path_.try_emplace(std::string(key(path))).second;
    }
    void publish(std::string_view path, std::string document) {
        by_path_.insert_or_assign(std::string(key(path)), std::move(document));
    }
    // Null if there is none.
    [[nodiscard]] const std::string* find(std::string_view path) const {
        const auto found = by_path_.find(key(path));
        return found != by_path_.end() ? &found->second : nullptr;
    }

  private:
    static std::string_view key(std::string_view path) noexcept {
        return path.substr(0, path.size() - (path.ends_with('/') ? 1 : 0));
    }

    StringMap<std::string> by_path_;
};

} // namespace sallyport::ngx
