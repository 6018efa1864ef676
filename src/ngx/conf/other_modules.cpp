#include "ngx/conf/other_modules.hpp"

#include <algorithm>
#include <cstdint>

namespace sallyport::ngx {

bool is_set_in(ngx_cycle_t* cycle, void** location, std::string_view name, std::size_t words) {
    for (ngx_module_t** module = cycle->modules; *module != nullptr; ++module) {
        if ((*module)->name == name) {
            const auto* const begin =
                static_cast<const std::uintptr_t*>(location[(*module)->ctx_index]);
            return std::any_of(begin, begin + words, [](std::uintptr_t word) { return word != 0; });
        }
    }
    return false;
}

} // namespace sallyport::ngx
