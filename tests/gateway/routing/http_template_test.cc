#include "gateway/routing/http_template.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/matchers.h"

namespace crm::gateway {
namespace {

using ::crm::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(ParseHttpTemplate, ParsesEveryForm) {
  struct Case {
    std::string text;
    std::string shape;
    std::vector<TemplateVariable> variables;
  };
  const std::vector<Case> cases = {
      {"/v1/leads", "/v1/leads", {}},
      {"/v1/*/x", "/v1/*/x", {}},
      {"/v1/**", "/v1/**", {}},
      {"/v1/{id}", "/v1/*", {{"id", 1, 2}}},
      {"/v1/{lead.name=leads/*}", "/v1/leads/*", {{"lead.name", 1, 3}}},
      {"/v1/{name=customers/*/identifiers/*}:verify",
       "/v1/customers/*/identifiers/*:verify",
       {{"name", 1, 5}}},
      {"/v1/{a=x/*}/to/{b=y/*}", "/v1/x/*/to/y/*", {{"a", 1, 3}, {"b", 4, 6}}},
      {"/v1/files/{path=**}", "/v1/files/**", {{"path", 2, 3}}},
      {"/v1/{path=files/**}:read", "/v1/files/**:read", {{"path", 1, 3}}},
      {"/v1/portfolioAnalyses:analyze", "/v1/portfolioAnalyses:analyze", {}},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.text);
    const absl::StatusOr<HttpTemplate> parsed = ParseHttpTemplate(c.text);

    ASSERT_TRUE(parsed.ok()) << parsed.status();
    EXPECT_EQ(parsed->Shape(), c.shape);
    EXPECT_EQ(parsed->variables, c.variables);
  }
}

TEST(ParseHttpTemplate, RefusesWhatTheGrammarDoesNotKnow) {
  for (const char* text :
       {"",          "v1/leads",  "/",          "/v1/",        "/v1//x",
        "/v1/{",     "/v1/{}",    "/v1/{a",     "/v1/{a=}",    "/v1/{a=b/{c}}",
        "/v1/{a.}",  "/v1/{1a}",  "/v1/{a}{b}", "/v1/**/x",    "/v1/{a=**}/x",
        "/v1/x:",    "/v1/x:a:b", "/v1/x y",    "/v1/{a}/{a}", "/v1/x%20y",
        "/v1/x?y=1", "/v1/***"}) {
    SCOPED_TRACE(text);
    EXPECT_THAT(
        ParseHttpTemplate(text),
        StatusIs(absl::StatusCode::kInvalidArgument, "BAD_HTTP_TEMPLATE"));
  }
}

TEST(ParseHttpTemplate, TellsThePositionOfTheMistake) {
  EXPECT_THAT(ParseHttpTemplate("/v1/{a=b").status().message(),
              HasSubstr("position 8: '}' is missing"));
}

}  // namespace
}  // namespace crm::gateway
