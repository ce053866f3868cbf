#include "shared/resource/mutation.h"

#include <algorithm>
#include <future>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "crm/operational/v1/product.pb.h"
#include "gmock/gmock.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"
#include "shared/resource/application.h"
#include "shared/storage/postgres/postgres_database.h"
#include "tests/shared/resource/small_kernel.h"
#include "tests/shared/storage/held_writer.h"
#include "tests/support/matchers.h"
#include "tests/support/postgres_server/postgres_server.h"

namespace crm::testing {
namespace {

using operational::v1::CreateProductRequest;
using ::testing::Each;
using ::testing::ElementsAre;

// Mutations on PostgreSQL that arrive while the writer is busy, and so share
// one transaction.
class MutationTest : public ::testing::Test {
 protected:
  MutationTest()
      : small_(OpenStore(), clock_),
        create_(small_.HandlerOf("CreateProduct")) {}

  static CreateProductRequest Creation(const std::string& id,
                                       const std::string& request_id) {
    CreateProductRequest request;
    request.set_product_id(id);
    request.set_request_id(request_id);
    request.mutable_product()->set_display_name("A product");
    return request;
  }

  std::vector<absl::StatusOr<std::string>> RunTogether(
      const std::vector<CreateProductRequest>& requests) {
    HeldWriter held(small_.database());
    std::vector<std::promise<absl::StatusOr<std::string>>> ends(
        requests.size());
    for (size_t i = 0; i < requests.size(); ++i) {
      auto call = small_.CallOf("CreateProduct", requests[i]);
      call->context.deadline = absl::InfiniteFuture();
      create_(std::move(call), [&end = ends[i]](absl::StatusOr<Answer> answer) {
        if (!answer.ok()) {
          end.set_value(answer.status());
        } else {
          end.set_value(std::move(answer->bytes));
        }
      });
    }
    before_ = small_.database().Stats();
    held.Release();
    std::vector<absl::StatusOr<std::string>> answers;
    for (auto& end : ends) answers.push_back(end.get_future().get());
    return answers;
  }

  SystemClock clock_;
  SmallKernel small_;
  const UnaryHandler create_;
  // What had happened before the writes that ran together.
  DatabaseStats before_;

 private:
  static std::unique_ptr<Database> OpenStore() {
    auto opened = OpenPostgres(
        {.uri = SharedPostgres().Uri(
             ::testing::UnitTest::GetInstance()->current_test_info()->name())});
    EXPECT_THAT(opened, IsOk());
    return *std::move(opened);
  }
};

TEST_F(MutationTest, CreationsOfOneTransactionWaitForTheServerThreeTimes) {
  std::vector<CreateProductRequest> requests;
  for (int i = 0; i < 40; ++i) {
    requests.push_back(Creation(absl::StrCat("made-", i), absl::StrCat(i)));
  }

  const auto answers = RunTogether(requests);
  const DatabaseStats after = small_.database().Stats();

  EXPECT_THAT(answers, Each(IsOk()));
  // With the one that held the writer, which sent nothing.
  EXPECT_EQ(after.writes - before_.writes, 41);
  EXPECT_EQ(after.commits - before_.commits, 2);
  // For what was answered before, for the numbers of the events, and for the
  // commit.
  EXPECT_EQ(after.waits - before_.waits, 3);
  EXPECT_EQ(small_.EventCount(), 40);
}

TEST_F(MutationTest, ARepeatInTheSameTransactionAnswersTheSame) {
  const auto answers =
      RunTogether({Creation("made", "once"), Creation("made", "once"),
                   Creation("other", "twice"), Creation("made", "once")});

  EXPECT_THAT(answers, Each(IsOk()));
  EXPECT_EQ(*answers[1], *answers[0]);
  EXPECT_EQ(*answers[3], *answers[0]);
  EXPECT_NE(*answers[2], *answers[0]);
  EXPECT_THAT(small_.Products(),
              ElementsAre("products/made@1", "products/other@1"));
  EXPECT_EQ(small_.EventCount(), 2);
}

TEST_F(MutationTest, ARequestIdThatIsReusedInTheSameTransactionIsRefused) {
  const auto answers =
      RunTogether({Creation("made", "once"), Creation("other", "once")});

  EXPECT_THAT(answers[0], IsOk());
  EXPECT_THAT(answers[1], StatusIs(absl::StatusCode::kInvalidArgument,
                                   "REQUEST_ID_REUSED"));
  EXPECT_EQ(small_.EventCount(), 1);
}

TEST_F(MutationTest, ANameThatIsTakenFailsItsOwnCallOfATransaction) {
  CreateProductRequest validated = Creation("made", "only");
  validated.set_validate_only(true);

  const auto answers =
      RunTogether({Creation("made", "a"), Creation("made", "b"),
                   Creation("other", "c"), validated});

  const auto taken =
      StatusIs(absl::StatusCode::kAlreadyExists, "RESOURCE_EXISTS");
  EXPECT_THAT(answers, ElementsAre(IsOk(), taken, IsOk(), taken));
  EXPECT_THAT(small_.Products(),
              ElementsAre("products/made@1", "products/other@1"));
  EXPECT_EQ(small_.EventCount(), 2);
}

// What a handler goes by, counted.
struct Preparations {
  Database& database;
  int count = 0;
};

// Waits for the writer, which would never end on its thread.
absl::StatusOr<std::string> PrepareName(Preparations& preparations,
                                        const CallContext& /*call*/,
                                        const CreateProductRequest& request) {
  ++preparations.count;
  CRM_RETURN_IF_ERROR(preparations.database.WriteAndWait(
      absl::InfiniteFuture(), [](SqlWriter&) { return absl::OkStatus(); }));
  if (preparations.count > 2) return Aborted("TOO_OFTEN", "It is enough.");
  return absl::StrCat("prepared ", request.product().display_name());
}

absl::StatusOr<operational::v1::Product> CreatePrepared(
    const std::string& name, Transaction& transaction,
    const CallContext& /*call*/, const CreateProductRequest& request) {
  operational::v1::Product product = request.product();
  product.set_name(absl::StrCat("products/", request.product_id()));
  product.set_display_name(name);
  transaction.Create(product);
  return product;
}

TEST_F(MutationTest, WhatTakesLongIsPreparedBeforeTheTransaction) {
  Preparations preparations{small_.database()};
  Application application("small");
  application.Owns<operational::v1::Product>().Mutate(preparations, PrepareName,
                                                      CreatePrepared);
  const auto bindings = application.Bind(small_.kernel());
  ASSERT_THAT(bindings, IsOk());
  const auto binding =
      std::find_if(bindings->begin(), bindings->end(), [](const auto& bound) {
        return bound.method->descriptor->name() == "CreateProduct";
      });
  EXPECT_EQ(binding->placement, Placement::kPool);
  const auto create = [&](const std::string& id,
                          const std::string& request_id) {
    auto call = small_.CallOf("CreateProduct", Creation(id, request_id));
    call->context.deadline = absl::InfiniteFuture();
    return SmallKernel::Serve(binding->unary, std::move(call));
  };

  const auto created = create("made", "once");
  ASSERT_THAT(created, IsOk());
  operational::v1::Product product;
  ASSERT_TRUE(product.ParseFromString(*created));
  EXPECT_EQ(product.display_name(), "prepared A product");
  ASSERT_THAT(create("other", "twice"), IsOk());
  // What was answered is answered again, though it could not be prepared now.
  EXPECT_THAT(create("made", "once"), IsOkAndHolds(*created));
  EXPECT_THAT(create("third", "new"),
              StatusIs(absl::StatusCode::kAborted, "TOO_OFTEN"));
}

}  // namespace
}  // namespace crm::testing
