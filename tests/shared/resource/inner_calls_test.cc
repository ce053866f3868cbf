#include "shared/resource/inner_calls.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "crm/internal/v1/event.pb.h"
#include "crm/operational/v1/product.pb.h"
#include "gmock/gmock.h"
#include "shared/resource/application.h"
#include "shared/resource/commit_records.h"
#include "shared/resource/import_operation.h"
#include "tests/shared/events/stores.h"
#include "tests/shared/resource/small_kernel.h"
#include "tests/support/matchers.h"

namespace crm {
namespace {

using ::crm::testing::IsOk;
using ::crm::testing::SmallKernel;
using ::crm::testing::StatusIs;
using ::crm::testing::TempFolder;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

operational::v1::Product Lamp(absl::string_view id) {
  operational::v1::Product product;
  product.set_name(absl::StrCat("products/", id));
  product.set_display_name("Lamp");
  product.set_sku(std::string(id));
  return product;
}

operational::v1::CreateProductRequest CreateLamp(absl::string_view id) {
  operational::v1::CreateProductRequest request;
  request.set_product_id(std::string(id));
  *request.mutable_product() = Lamp(id);
  return request;
}

class InnerCallsTest : public ::testing::Test {
 protected:
  InnerCallsTest()
      : clock_(absl::FromUnixSeconds(1'700'000'000)),
        store_(folder_.File("small.db"), clock_),
        calls_(store_.kernel(), std::make_shared<const MutationBodies>()) {}

  // The call of a method by user:bob, because of an event.
  std::shared_ptr<CallContext> AsBob(absl::string_view method,
                                     const google::protobuf::Message& request) {
    auto call =
        std::make_shared<CallContext>(store_.CallOf(method, request)->context);
    call->principal.subject = "user:bob";
    call->cause_event_id = "event1";
    call->cause_chain = {"automations/a", "automations/b"};
    return call;
  }

  // Commits what `body` does in a transaction of user:ada.
  absl::Status Commit(const std::function<absl::Status(Transaction&)>& body) {
    const auto call =
        store_.CallOf("DeleteProduct", operational::v1::DeleteProductRequest());
    return store_.database().WriteAndWait(
        absl::InfiniteFuture(), [&](SqlWriter& writer) -> absl::Status {
          Transaction transaction(writer, store_.kernel().catalog,
                                  call->context, store_.kernel().ids,
                                  clock_.Now());
          CRM_RETURN_IF_ERROR(body(transaction));
          CRM_RETURN_IF_ERROR(transaction.status());
          return WriteCommitRecords(store_.kernel(), transaction, "", events_);
        });
  }

  TempFolder folder_;
  FakeClock clock_;
  SmallKernel store_;
  const InnerCalls calls_;
  // What the last commit wrote.
  std::vector<internal::v1::Event> events_;
};

TEST_F(InnerCallsTest, AreCommittedWithTheTransactionAsTheirOwnCaller) {
  ASSERT_THAT(
      Commit([&](Transaction& transaction) -> absl::Status {
        const auto request = CreateLamp("inner");
        CRM_ASSIGN_OR_RETURN(
            const auto answer,
            calls_.Call(transaction, AsBob("CreateProduct", request), request));
        EXPECT_EQ(answer->GetDescriptor(),
                  operational::v1::Product::descriptor());
        auto outer = Lamp("outer");
        transaction.Create(outer);
        return absl::OkStatus();
      }),
      IsOk());

  EXPECT_THAT(store_.Products(),
              ElementsAre("products/inner@1", "products/outer@1"));
  ASSERT_EQ(events_.size(), 2u);
  EXPECT_EQ(events_[0].actor(), "user:bob");
  EXPECT_EQ(events_[0].method(),
            "/crm.operational.v1.ProductService/CreateProduct");
  EXPECT_EQ(events_[0].cause_event_id(), "event1");
  EXPECT_THAT(events_[0].cause_chain(),
              ElementsAre("automations/a", "automations/b"));
  EXPECT_EQ(events_[1].actor(), "user:ada");
  EXPECT_EQ(events_[1].method(),
            "/crm.operational.v1.ProductService/DeleteProduct");
  EXPECT_THAT(events_[1].cause_chain(), IsEmpty());
}

TEST_F(InnerCallsTest, AreCheckedAsCallsFromOutsideAre) {
  EXPECT_THAT(Commit([&](Transaction& transaction) {
                auto request = CreateLamp("bad");
                request.mutable_product()->clear_display_name();
                return calls_
                    .Call(transaction, AsBob("CreateProduct", request), request)
                    .status();
              }),
              StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"));
  EXPECT_THAT(
      Commit([&](Transaction& transaction) {
        operational::v1::GetProductRequest request;
        request.set_name("products/none");
        return calls_.Call(transaction, AsBob("GetProduct", request), request)
            .status();
      }),
      StatusIs(absl::StatusCode::kFailedPrecondition, "METHOD_NOT_INNER"));
  EXPECT_THAT(store_.Products(), IsEmpty());
}

struct Nothing {};

absl::StatusOr<int> FindOut(Nothing&, const CallContext&,
                            const operational::v1::CreateProductRequest&) {
  return 1;
}

absl::StatusOr<operational::v1::Product> CreateByIt(
    const int& /*found_out*/, Transaction& /*transaction*/,
    const CallContext& /*call*/,
    const operational::v1::CreateProductRequest& request) {
  return request.product();
}

absl::StatusOr<TimerCommit> FindBody(const InnerCalls& calls,
                                     const Timer& /*timer*/) {
  const MethodInfo* create =
      StandardMethod(calls.kernel().methods,
                     operational::v1::Product::descriptor(), Verb::kCreate);
  if (calls.BodyOf(*create)) return absl::InternalError("It has a body.");
  return TimerCommit();
}

TEST_F(InnerCallsTest, DoNotRunWhatHasToFindOutSomethingFirst) {
  Nothing nothing;
  Application application("operational");
  application.Owns<operational::v1::Product>()
      .Mutate(nothing, FindOut, CreateByIt)
      .OnTimer("timer", FindBody);

  const TimerPlans plans = application.Plans(store_.kernel());

  EXPECT_THAT(plans.at("timer")(Timer()), IsOk());
}

TEST_F(InnerCallsTest, LeaveNothingWhenTheTransactionFails) {
  EXPECT_THAT(
      Commit([&](Transaction& transaction) -> absl::Status {
        const auto request = CreateLamp("gone");
        CRM_RETURN_IF_ERROR(
            calls_.Call(transaction, AsBob("CreateProduct", request), request)
                .status());
        return FailedPrecondition("REFUSED", "No.", "it");
      }),
      StatusIs(absl::StatusCode::kFailedPrecondition, "REFUSED"));
  EXPECT_THAT(store_.Products(), IsEmpty());
  EXPECT_EQ(store_.EventCount(), 0);
}

}  // namespace
}  // namespace crm
