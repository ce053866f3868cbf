#include "shared/rpc/dynamic_service.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "crm/operational/v1/customer.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "shared/call/method_table.h"
#include "tests/shared/rpc/echo_service.h"
#include "tests/support/matchers.h"

namespace crm {
namespace {

using ::crm::testing::AnswerBack;
using ::crm::testing::Bind;
using ::crm::testing::kInner;
using ::crm::testing::kStore;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Not;
using ::testing::SizeIs;

// Returns the paths that are not registered with gRPC.
std::vector<std::string> OthersOf(std::vector<MethodBinding> bindings) {
  const auto services = MakeServices(std::move(bindings), {});
  EXPECT_THAT(*services, SizeIs(1));
  std::vector<std::string> paths;
  for (const MethodBinding* binding : services->front()->others()) {
    paths.push_back(binding->method->path);
  }
  return paths;
}

TEST(DynamicService, RegistersOfAServiceWithAGetThatAlone) {
  const auto* service =
      operational::v1::Customer::descriptor()->file()->service(0);
  const auto table = MethodTable::Build({service});
  ASSERT_THAT(table, testing::IsOk());
  std::vector<MethodBinding> bindings;
  for (const auto& [path, method] : table->methods()) {
    MethodBinding binding;
    binding.method = &method;
    binding.unary = AnswerBack();
    bindings.push_back(std::move(binding));
  }

  const std::vector<std::string> others = OthersOf(std::move(bindings));

  EXPECT_THAT(others, SizeIs(service->method_count() - 1));
  EXPECT_THAT(others,
              Not(Contains("/crm.operational.v1.CustomerService/GetCustomer")));
}

TEST(DynamicService, RegistersStreams) {
  std::vector<MethodBinding> bindings = Bind({});

  EXPECT_THAT(OthersOf(bindings),
              ElementsAre("/crm.test.v1.EchoService/Echo", kStore, kInner));
}

}  // namespace
}  // namespace crm
