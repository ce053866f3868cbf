#include "gateway/routing/route_table.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/substitute.h"
#include "gmock/gmock.h"
#include "google/protobuf/descriptor.pb.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "tests/support/matchers.h"

namespace crm::gateway {
namespace {

using ::crm::testing::StatusIs;
using ::google::protobuf::DescriptorPool;
using ::google::protobuf::FileDescriptorProto;
using ::google::protobuf::ServiceDescriptor;
using ::google::protobuf::TextFormat;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// A service `crm.operational.v1.S` whose methods have the given http rules; the
// request has `name`, `count`, `names` and `item { name }`.
class RouteTableTest : public ::testing::Test {
 protected:
  const ServiceDescriptor* Service(
      const std::vector<std::string>& rules,
      const std::string& package = "crm.operational.v1") {
    FileDescriptorProto file;
    EXPECT_TRUE(TextFormat::ParseFromString(
        absl::Substitute(
            R"pb(
              name: "$0.proto"
              package: "$1"
              syntax: "proto3"
              message_type {
                name: "Item"
                field { name: "name" number: 1 type: TYPE_STRING }
              }
              message_type {
                name: "Request"
                field { name: "name" number: 1 type: TYPE_STRING }
                field { name: "count" number: 2 type: TYPE_INT32 }
                field {
                  name: "names"
                  number: 3
                  type: TYPE_STRING
                  label: LABEL_REPEATED
                }
                field {
                  name: "item"
                  number: 4
                  type: TYPE_MESSAGE
                  type_name: ".$1.Item"
                }
              }
              service { name: "S" }
            )pb",
            ++files_, package),
        &file));
    for (size_t i = 0; i < rules.size(); ++i) {
      auto* method = file.mutable_service(0)->add_method();
      EXPECT_TRUE(TextFormat::ParseFromString(
          absl::Substitute(R"pb(name: "M$0"
                                input_type: ".$1.Request"
                                output_type: ".$1.Item"
                                options {
                                  [google.api.http] { $2 }
                                })pb",
                           i, package, rules[i]),
          method));
    }
    const auto* built = pool_.BuildFile(file);
    return built == nullptr ? nullptr : built->service(0);
  }

  absl::StatusOr<RouteTable> Table(const std::vector<std::string>& rules) {
    return RouteTable::Build({Service(rules)});
  }

  DescriptorPool pool_;
  int files_ = 0;
};

TEST_F(RouteTableTest, BindsVariablesOfOneAndOfManySegments) {
  const auto table =
      Table({R"(get: "/v1/{name=customers/*/identifiers/*}")",
             R"(post: "/v1/{item.name=items/*}/in/{name}:move")"});
  ASSERT_TRUE(table.ok()) << table.status();

  const auto nested = table->Match("GET", "/v1/customers/a/identifiers/b");
  const auto two = table->Match("POST", "/v1/items/x/in/y:move");

  ASSERT_TRUE(nested.ok() && two.ok());
  EXPECT_THAT(nested->values, ElementsAre("customers/a/identifiers/b"));
  EXPECT_THAT(two->values, ElementsAre("items/x", "y"));
  EXPECT_EQ(two->route->variable_fields[0].back()->full_name(),
            "crm.operational.v1.Item.name");
}

TEST_F(RouteTableTest, PrefersLiteralsThenStarsThenRests) {
  const auto table =
      Table({R"(get: "/v1/{name=**}")", R"(get: "/v1/{name=leads/*}")",
             R"(get: "/v1/leads/hot")", R"(get: "/v1/{name=leads/*}:peek")"});
  ASSERT_TRUE(table.ok()) << table.status();

  const auto method = [&](absl::string_view path) {
    const auto match = table->Match("GET", path);
    return match.ok() ? match->route->target->method->name()
                      : match.status().ToString();
  };
  EXPECT_EQ(method("/v1/leads/hot"), "M2");
  EXPECT_EQ(method("/v1/leads/cold"), "M1");
  EXPECT_EQ(method("/v1/leads/cold:peek"), "M3");
  EXPECT_EQ(method("/v1/leads/cold/more"), "M0");
  EXPECT_EQ(method("/v1/other"), "M0");
  EXPECT_EQ(method("/v1"), "M0");
}

TEST_F(RouteTableTest, DecodesValuesAndKeepsASlashThatWasEncoded) {
  const auto table = Table({R"(get: "/v1/{name=leads/*}")",
                            R"(get: "/v2/{name}/of/{item.name=**}")"});
  ASSERT_TRUE(table.ok()) << table.status();

  const auto one = table->Match("GET", "/v1/leads/a%2Fb%20c");
  const auto two = table->Match("GET", "/v2/a%2Fb/of/x/y%2fz");

  ASSERT_TRUE(one.ok() && two.ok());
  EXPECT_THAT(one->values, ElementsAre("leads/a%2Fb c"));
  EXPECT_THAT(two->values, ElementsAre("a/b", "x/y%2Fz"));
}

TEST_F(RouteTableTest, TakesAdditionalBindings) {
  const auto table = Table({R"(get: "/v1/{name=leads/*}"
          additional_bindings { get: "/v1/{name=old/*}" }
          additional_bindings { custom { kind: "PURGE" path: "/v1/x" } })"});
  ASSERT_TRUE(table.ok()) << table.status();

  EXPECT_TRUE(table->Match("GET", "/v1/old/a").ok());
  EXPECT_TRUE(table->Match("PURGE", "/v1/x").ok());
}

TEST_F(RouteTableTest, TellsUnknownPathsFromUnknownMethods) {
  const auto table =
      Table({R"(get: "/v1/leads")", R"(post: "/v1/leads" body: "item")"});
  ASSERT_TRUE(table.ok()) << table.status();

  EXPECT_THAT(table->Match("GET", "/v1/nothing"),
              StatusIs(absl::StatusCode::kNotFound, "ROUTE_NOT_FOUND"));
  EXPECT_THAT(table->Match("GET", "/v1/leads:convert"),
              StatusIs(absl::StatusCode::kNotFound, "ROUTE_NOT_FOUND"));
  const auto refused = table->Match("PUT", "/v1/leads");
  EXPECT_THAT(refused,
              StatusIs(absl::StatusCode::kUnimplemented, "METHOD_NOT_ALLOWED"));
  EXPECT_THAT(refused.status().message(), HasSubstr("GET, POST"));
}

TEST_F(RouteTableTest, NamesEveryBadRouteAtOnce) {
  const auto table =
      Table({R"()", R"(get: "/v1/{name")", R"(get: "/v1/{names}")",
             R"(get: "/v1/{item}")", R"(post: "/v1/a" body: "count")",
             R"(post: "/v1/b" body: "*" response_body: "none")",
             R"(get: "/v1/{name}")", R"(get: "/v1/{item.name}")"});

  EXPECT_THAT(table,
              StatusIs(absl::StatusCode::kFailedPrecondition, "BAD_ROUTES"));
  for (const char* part :
       {"S.M0' has no google.api.http rule", "S.M1' Template", "S.M2' binds",
        "S.M3' binds", "S.M4' has the body", "S.M5' has the response body",
        "S.M7' claims GET /v1/*, as 'crm.operational.v1.S.M6' does"}) {
    EXPECT_THAT(table.status().message(), HasSubstr(part));
  }
}

TEST_F(RouteTableTest, SendsGrpcPathsToTheBackendOfThePackage) {
  const auto table =
      RouteTable::Build({Service({R"(get: "/v1/a")"}, "crm.analytical.v1"),
                         Service({R"(get: "/v1/b")"}, "crm.profile.v1")});
  ASSERT_TRUE(table.ok()) << table.status();

  const MethodRoute* remote = table->FindGrpc("/crm.analytical.v1.S/M0");
  const MethodRoute* local = table->FindGrpc("/crm.profile.v1.S/M0");
  ASSERT_TRUE(remote != nullptr && local != nullptr);
  EXPECT_EQ(remote->backend, "analytical");
  EXPECT_EQ(local->backend, "");
  EXPECT_EQ(table->FindGrpc("/crm.analytical.v1.S/M1"), nullptr);
}

TEST_F(RouteTableTest, RefusesInternalServices) {
  EXPECT_THAT(RouteTable::Build({Service({R"(get: "/x")"}, "crm.internal.v1")}),
              StatusIs(absl::StatusCode::kFailedPrecondition, "BAD_ROUTES"));
}

}  // namespace
}  // namespace crm::gateway
