#include "auth/resource_metadata.hpp"
#include "check.hpp"

namespace {

using namespace sallyport;
using namespace sallyport::test;
using namespace sallyport::auth;

// RFC 9728 section 3.1: the string is inserted, not appended.
void metadata_stands_between_host_and_path(Checks& checks) {
    struct Row {
        const char* resource;
        const char* uri;
        const char* path;
    };
    const Row rows[] = {
        {"https://api.example", "https://api.example/.well-known/oauth-protected-resource", ""},
        {"https://api.example/", "https://api.example/.well-known/oauth-protected-resource", ""},
        {"https://api.example/mcp", "https://api.example/.well-known/oauth-protected-resource/mcp",
         "/mcp"},
        {"https://api.example/mcp/",
         "https://api.example/.well-known/oauth-protected-resource/mcp/", "/mcp/"},
        {"http://[::1]:8080/a/b%20c",
         "http://[::1]:8080/.well-known/oauth-protected-resource/a/b%20c", "/a/b c"},
        {"https://api.example/%C3%A9%2fx",
         "https://api.example/.well-known/oauth-protected-resource/%C3%A9%2fx", "/\xc3\xa9/x"},
    };
    for (const Row& row : rows) {
        checks.that(!identifier_fault(row.resource), row.resource);
        checks.equal(metadata_uri(row.resource), row.uri, row.resource);
        checks.equal(metadata_path(row.resource), row.path, row.resource);
    }
}

void identifiers_are_urls(Checks& checks) {
    for (const std::string_view uri :
         {"https://a", "https://a/", "https://a.example:8443/x/y/", "http://localhost",
          "http://localhost:8080", "http://127.0.0.1/x", "http://[::1]/x",
          "https://[2001:db8::1]:1/", "https://a/~x/!&'()*+,;=:@%41"}) {
        checks.equal(identifier_fault(uri).value_or(""), "", uri);
        checks.equal(page_fault(uri).value_or(""), "", uri);
    }
    for (const std::string_view uri : {"",
                                       "https",
                                       "https:",
                                       "https:/",
                                       "https://",
                                       "https:///x",
                                       "://a",
                                       "//a",
                                       "a",
                                       "/a",
                                       "HTTPS://a",
                                       "ftp://a",
                                       "http://a",
                                       "http://localhost.a",
                                       "http://a.localhost",
                                       "http://127.0.0.1.a",
                                       "http://127.0.0.1@a",
                                       "http://128.0.0.1",
                                       "http://[::1",
                                       "http://[::1]a",
                                       "http://[::11]",
                                       "https://A",
                                       "https://a:443",
                                       "http://localhost:80",
                                       "https://a:",
                                       "https://a:0",
                                       "https://a:65536",
                                       "https://u@a",
                                       "https://a b",
                                       "https://a/\"",
                                       "https://a/\\",
                                       "https://a/\x7f",
                                       "https://a/\xc3\xa9",
                                       "https://a/$b",
                                       "https://a/\n",
                                       "https://a/{x}",
                                       "https://a/<",
                                       "https://a/^"}) {
        checks.that(identifier_fault(uri).has_value(), uri);
        checks.that(page_fault(uri).has_value(), uri);
    }
    for (const std::string_view uri : {"https://a?", "https://a#", "https://a/?b=c", "https://a/#b",
                                       "https://a?b", "http://localhost#b"}) {
        checks.that(identifier_fault(uri).has_value(), uri);
        checks.that(!page_fault(uri), uri);
    }
    for (const std::string_view uri :
         {"https://a//", "https://a//b", "https://a/b//", "https://a/.", "https://a/./",
          "https://a/..", "https://a/b/../c", "https://a/%2e%2e", "https://a/b%2f%2fc",
          "https://a/%2E/", "https://a/%", "https://a/%4", "https://a/%4g", "https://a/%00"}) {
        checks.that(identifier_fault(uri).has_value(), uri);
    }
    for (const std::string_view uri :
         {"https://a/...", "https://a/.b", "https://a/b.", "https://a/b../c"}) {
        checks.equal(identifier_fault(uri).value_or(""), "", uri);
    }
}

void empty_members_are_left_out(Checks& checks) {
    ResourceMetadata metadata{.resource = "https://api.example/"};
    checks.equal(metadata.json(), "{\"resource\":\"https://api.example/\"}\n", "alone");
    metadata.authorization_servers = {"https://one.example", "https://two.example/"};
    metadata.scopes = {"a", "b:c"};
    metadata.reads_authorization = true;
    metadata.binds_to_certificate = true;
    metadata.dpop_algorithms = {"ES256", "EdDSA"};
    metadata.requires_dpop = true;
    metadata.name = "Orders \"and\" more";
    metadata.documentation = "https://d.example";
    metadata.policy = "https://p.example";
    metadata.terms = "https://t.example";
    checks.equal(metadata.json(),
                 R"({"resource":"https://api.example/",)"
                 R"("authorization_servers":["https://one.example","https://two.example/"],)"
                 R"("scopes_supported":["a","b:c"],"bearer_methods_supported":["header"],)"
                 R"("tls_client_certificate_bound_access_tokens":true,)"
                 R"("dpop_signing_alg_values_supported":["ES256","EdDSA"],)"
                 R"("dpop_bound_access_tokens_required":true,)"
                 R"("resource_name":"Orders \"and\" more",)"
                 R"("resource_documentation":"https://d.example",)"
                 R"("resource_policy_uri":"https://p.example",)"
                 R"("resource_tos_uri":"https://t.example"})"
                 "\n",
                 "all");
}

} // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(run<metadata_stands_between_host_and_path>),
        cmocka_unit_test(run<identifiers_are_urls>),
        cmocka_unit_test(run<empty_members_are_left_out>),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
