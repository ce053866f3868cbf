#include "shared/resource/audit/record_reads.h"

#include <memory>

#include "crm/internal/v1/slice.pb.h"
#include "crm/operational/v1/lead.pb.h"
#include "crm/operational/v1/product.pb.h"
#include "crm/platform/v1/audit_entry.pb.h"
#include "crm/platform/v1/change.pb.h"
#include "crm/platform/v1/operations.pb.h"
#include "shared/auth/caller.h"
#include "shared/base/clock.h"
#include "shared/base/errors.h"
#include "tests/support/matchers.h"

namespace crm {
namespace {

namespace v1 = ::crm::operational::v1;
using ::google::protobuf::Message;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class RecordReadsTest : public ::testing::Test {
 protected:
  RecordReadsTest()
      : methods_(*MethodTable::Build(
            {v1::Lead::descriptor()->file()->service(0),
             v1::Product::descriptor()->file()->service(0)})) {}

  // Makes a call that is answered with `answer`.
  void Make(const Message& request, absl::StatusOr<Answer> answer) {
    MethodBinding binding;
    binding.method = methods_.FindByRequest(request.GetDescriptor());
    binding.unary = [&answer](std::shared_ptr<Call>, Done done) {
      done(std::move(answer));
    };
    binding = RecordReads(log_, std::move(binding));
    auto call = std::make_shared<Call>();
    call->context.method = binding.method;
    call->context.principal.tenant = "acme";
    call->context.principal.subject = "user:ada";
    call->context.caller = std::make_shared<const Caller>(
        CallerIdentity{}, std::vector<RoleDefinition>{},
        std::make_shared<const RoleTable>());
    call->request.reset(request.New());
    call->request->CopyFrom(request);
    bool answered = false;
    binding.unary(std::move(call),
                  [&](absl::StatusOr<Answer>) { answered = true; });
    EXPECT_TRUE(answered);
  }

  SystemClock clock_;
  IdMaker ids_{clock_};
  const MethodTable methods_;
  ReadLog log_{"operational", ids_, ReadLog::Recorded::kEveryone};
};

TEST(HoldsPersonalData, KnowsItByWhatErasureRemoves) {
  EXPECT_TRUE(HoldsPersonalData(*v1::Lead::descriptor()));
  EXPECT_TRUE(HoldsPersonalData(*v1::ListLeadsResponse::descriptor()));
  EXPECT_TRUE(
      HoldsPersonalData(*internal::v1::ReadSlicesResponse::descriptor()));
  EXPECT_TRUE(HoldsPersonalData(*platform::v1::Change::descriptor()));
  EXPECT_TRUE(HoldsPersonalData(
      *platform::v1::ReadOperationOutputResponse::descriptor()));
  EXPECT_FALSE(HoldsPersonalData(*v1::Product::descriptor()));
  EXPECT_FALSE(HoldsPersonalData(*platform::v1::AuditEntry::descriptor()));
}

TEST_F(RecordReadsTest, TellsWhatWasAskedForByName) {
  v1::GetLeadRequest get;
  get.set_name("leads/a");
  Make(get, Answer{v1::Lead().SerializeAsString(), {}});
  v1::BatchGetLeadsRequest batch;
  batch.add_names("leads/a");
  batch.add_names("leads/b");
  v1::BatchGetLeadsResponse both;
  both.add_leads();
  both.add_leads();
  Make(batch, Answer{both.SerializeAsString(), {}});

  auto taken = log_.Take(false);

  ASSERT_THAT(taken, SizeIs(2));
  if (taken[0].entry.read_count() > 1) std::swap(taken[0], taken[1]);
  EXPECT_EQ(taken[0].entry.resource_type(), "crm/Lead");
  EXPECT_EQ(taken[0].entry.read_count(), 1);
  EXPECT_THAT(taken[0].entry.read_names(), ElementsAre("leads/a"));
  EXPECT_EQ(taken[1].entry.read_count(), 2);
  EXPECT_THAT(taken[1].entry.read_names(), ElementsAre("leads/a", "leads/b"));
}

TEST_F(RecordReadsTest, TellsOfAListItsFilterAndHowMany) {
  v1::ListLeadsRequest list;
  list.set_filter("state = OPEN");
  v1::ListLeadsResponse page;
  for (int i = 0; i < 3; ++i) page.add_leads()->set_display_name("Ada");
  page.set_next_page_token("more");
  Make(list, Answer{page.SerializeAsString(), {}});

  const auto taken = log_.Take(false);

  ASSERT_THAT(taken, SizeIs(1));
  EXPECT_EQ(taken[0].entry.filter(), "state = OPEN");
  EXPECT_EQ(taken[0].entry.resource_type(), "crm/Lead");
  EXPECT_EQ(taken[0].entry.read_count(), 3);
  EXPECT_THAT(taken[0].entry.read_names(), IsEmpty());
}

TEST_F(RecordReadsTest, LeavesOutWhatShowsNothingPersonal) {
  v1::GetLeadRequest missing;
  missing.set_name("leads/a");
  Make(missing, NotFound("RESOURCE_NOT_FOUND", "No."));
  v1::GetProductRequest product;
  product.set_name("products/a");
  Make(product, Answer{v1::Product().SerializeAsString(), {}});
  // A change leaves an entry of its own.
  Make(v1::UpdateLeadRequest(), Answer{v1::Lead().SerializeAsString(), {}});

  EXPECT_THAT(log_.Take(false), IsEmpty());
}

}  // namespace
}  // namespace crm
