#include "metrics/page_parts.hpp"

#include "metrics/page_text.hpp"

namespace sallyport::metrics {

std::string cell(std::string_view name, std::string_view html, bool is_number) {
    return "<td role=\"cell\"" + std::string(is_number ? " class=\"n\"" : " class=\"wide\"") +
           " data-name=\"" + std::string(name) + "\">" + std::string(html) + "</td>";
}

std::string count_cell(std::string_view name, std::uint64_t count) {
    return cell(name, html_number(count));
}

std::string bar_cell(std::string_view html) {
    return "<td role=\"cell\" class=\"wide\">" + std::string(html) + "</td>";
}

std::string row_head(std::string_view html) {
    return "<tr role=\"row\"><th role=\"rowheader\" scope=\"row\">" + std::string(html) + "</th>";
}

std::string table(std::initializer_list<std::string_view> heads, std::string_view rows) {
    std::string html = "<table role=\"table\"><thead role=\"rowgroup\"><tr role=\"row\">";
    for (const std::string_view head : heads) {
        const bool is_number = head.starts_with('#');
        html += is_number ? "<th role=\"columnheader\" scope=\"col\" class=\"n\">"
                          : "<th role=\"columnheader\" scope=\"col\">";
        html += std::string(head.substr(is_number ? 1 : 0)) + "</th>";
    }
    return html + "</tr></thead><tbody role=\"rowgroup\">\n" + std::string(rows) +
           "</tbody></table>\n";
}

std::string section(std::string_view title, std::string_view html) {
    return "<section><h2>" + std::string(title) + "</h2>\n" + std::string(html) + "</section>\n";
}

std::string paragraph(std::string_view html) {
    return "<p class=\"dim\">" + std::string(html) + "</p>\n";
}

std::string reason_code(Reason reason) {
    return "<code>" + std::string(describe(reason).name) + "</code>";
}

} // namespace sallyport::metrics
