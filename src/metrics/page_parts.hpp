#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "base/reason.hpp"

namespace sallyport::metrics {

// Elements of the status page. `html` is inserted as it is.
std::string cell(std::string_view name, std::string_view html, bool is_number = true);
std::string count_cell(std::string_view name, std::uint64_t count);
std::string bar_cell(std::string_view html);
// Begins a row.
std::string row_head(std::string_view html);
// The heads of columns with numbers begin with '#'.
std::string table(std::initializer_list<std::string_view> heads, std::string_view rows);
std::string section(std::string_view title, std::string_view html);
std::string paragraph(std::string_view html);
std::string reason_code(Reason reason);

} // namespace sallyport::metrics
