#include "gateway/local/openapi.h"

#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "gateway/api/api_descriptors.h"
#include "gateway/routing/route_table.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace crm::gateway {
namespace {

class OpenApiTest : public ::testing::Test {
 protected:
  OpenApiTest()
      : api_(*ApiDescriptors::Load()),
        document_(nlohmann::json::parse(OpenApiDocument(*api_))) {}

  std::unique_ptr<ApiDescriptors> api_;
  nlohmann::json document_;
};

// Collects every reference below `node`.
void CollectReferences(const nlohmann::json& node, std::set<std::string>& all) {
  if (node.is_object() && node.contains("$ref") && node["$ref"].is_string()) {
    all.insert(node["$ref"].get<std::string>());
  }
  for (const auto& child : node) {
    if (child.is_structured()) CollectReferences(child, all);
  }
}

TEST_F(OpenApiTest, ListsEveryBindingOfEveryMethod) {
  size_t operations = 0;
  for (const auto& path : document_["paths"]) operations += path.size();

  EXPECT_EQ(operations,
            RouteTable::Build(api_->services())->rest_routes().size());
}

TEST_F(OpenApiTest, RefersOnlyToWhatIsThere) {
  std::set<std::string> references;
  CollectReferences(document_, references);

  EXPECT_GT(references.size(), 20u);
  for (const std::string& reference : references) {
    EXPECT_TRUE(
        document_.contains(nlohmann::json::json_pointer(reference.substr(1))))
        << reference;
  }
}

TEST_F(OpenApiTest, DescribesAnUpdate) {
  const nlohmann::json& update =
      document_["paths"]["/v1/customers/{customersId}"]["patch"];

  EXPECT_EQ(update["operationId"], "CustomerService_UpdateCustomer");
  EXPECT_EQ(update["summary"], "Updates a customer");
  EXPECT_EQ(update["responses"]["4XX"]["$ref"], "#/components/responses/Error");
  EXPECT_EQ(
      update["requestBody"]["content"]["application/json"]["schema"]["$ref"],
      "#/components/schemas/crm.operational.v1.Customer");
  std::set<std::string> parameters;
  for (const auto& parameter : update["parameters"]) {
    parameters.insert(parameter["name"].get<std::string>());
  }
  EXPECT_THAT(parameters,
              ::testing::ElementsAre("allowMissing", "customersId", "requestId",
                                     "updateMask", "validateOnly"));
}

TEST_F(OpenApiTest, DescribesFieldsWithTheirComments) {
  const nlohmann::json& customer =
      document_["components"]["schemas"]["crm.operational.v1.Customer"];

  EXPECT_EQ(customer["properties"]["uid"]["readOnly"], true);
  EXPECT_EQ(customer["properties"]["createTime"]["format"], "date-time");
  EXPECT_EQ(customer["properties"]["displayName"]["description"],
            "The name people see. From 1 to 200 characters.");
  EXPECT_THAT(customer["required"], ::testing::Contains("displayName"));
}

}  // namespace
}  // namespace crm::gateway
