// A merge whose process is killed has happened whole or not at all.

#include "services/operational/handlers/merge_operation.h"

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "crm/operational/v1/contact.pb.h"
#include "crm/operational/v1/customer.pb.h"
#include "crm/operational/v1/merge_operation.pb.h"
#include "crm/operational/v1/merge_operation_transitions.pb.h"
#include "gmock/gmock.h"
#include "services/operational/app.h"
#include "services/operational/handlers/duplicate_rule.h"
#include "tests/services/operational/doomed_service.h"
#include "tests/services/operational/service_on_clock.h"
#include "tests/support/matchers.h"

namespace crm::operational {
namespace {

using ::crm::testing::Die;
using ::crm::testing::ExpectKilled;
using ::crm::testing::IsOk;
using ::crm::testing::ServiceOnClock;
using ::crm::testing::TempFolder;

constexpr int kContacts = 20;
constexpr char kApplyId[] = "6a1f0d2e-7f3b-4a51-9d52-0c5d8f0f9a01";
constexpr char kUndoId[] = "6a1f0d2e-7f3b-4a51-9d52-0c5d8f0f9a02";

// Makes a service that dies at the change `last` of its life, from 1; never for
// 0.
MakeService DyingAt(int last) {
  return [last](const ServiceEnvironment& environment)
             -> absl::StatusOr<std::unique_ptr<Service>> {
    auto service = MakeOperational(environment);
    if (!service.ok()) return service;
    (*service)->application.OnChange(
        [last, changes = std::make_shared<int>(0)](
            Transaction& transaction, const Resource& resource,
            const google::protobuf::Message* before,
            const google::protobuf::Message* after) {
          if (++*changes == last) Die();
          return FollowDuplicates(transaction, resource, before, after);
        });
    return service;
  };
}

class MergeOperationTest : public ::testing::Test {
 protected:
  ServiceOnClock Open(int dies_at = 0) {
    now_ += absl::Minutes(1);
    return ServiceOnClock(folder_.File("store.db"), "operational",
                          DyingAt(dies_at), now_);
  }

  // Has each of some processes die while it answers the call of `verb`, at
  // changes from the first to the last.
  template <typename Request>
  void KillDuring(absl::string_view verb) {
    for (const int change : {1, 2, kContacts / 2, kContacts + 2}) {
      ExpectKilled([&] {
        ServiceOnClock service = Open(change);
        Serve<Request>(service, verb).IgnoreError();
      });
      now_ += absl::Minutes(1);
    }
  }

  // Calls the verb, always as the same call.
  template <typename Request>
  absl::Status Serve(ServiceOnClock& service, absl::string_view verb) {
    Request request;
    request.set_name(merge_);
    request.set_request_id(verb == "ApplyMergeOperation" ? kApplyId : kUndoId);
    return service.Serve(verb, request).status();
  }

  static int ContactsOf(ServiceOnClock& service, const std::string& customer) {
    return service
        .Must<v1::ListContactsResponse, v1::ListContactsRequest>(
            "ListContacts",
            absl::StrCat("page_size: 1000 filter: 'customer = \"", customer,
                         "\"'"))
        .contacts_size();
  }

  v1::MergeOperation::State StateOfMerge(ServiceOnClock& service) const {
    return service
        .Must<v1::MergeOperation, v1::GetMergeOperationRequest>(
            "GetMergeOperation", absl::StrCat("name: '", merge_, "'"))
        .state();
  }

  TempFolder folder_;
  absl::Time now_ = absl::FromUnixSeconds(1'735'732'800);
  std::string merge_;
};

TEST_F(MergeOperationTest, A41_KilledAnywhereAMergeIsWholeOrNotThere) {
  {
    ServiceOnClock service = Open();
    for (const char* id : {"ada", "bob"}) {
      service.Must<v1::Customer, v1::CreateCustomerRequest>(
          "CreateCustomer",
          absl::StrCat("customer_id: '", id,
                       "' customer { kind: PERSON display_name: '", id, "' }"));
    }
    for (int i = 0; i < kContacts; ++i) {
      service.Must<v1::Contact, v1::CreateContactRequest>(
          "CreateContact",
          "contact { display_name: 'Eve' customer: 'customers/bob' }");
    }
    merge_ = service
                 .Must<v1::MergeOperation, v1::CreateMergeOperationRequest>(
                     "CreateMergeOperation",
                     "merge_operation { survivor: 'customers/ada' merged: "
                     "'customers/bob' }")
                 .name();
  }

  KillDuring<v1::ApplyMergeOperationRequest>("ApplyMergeOperation");
  {
    ServiceOnClock service = Open();
    EXPECT_EQ(StateOfMerge(service), v1::MergeOperation::PREVIEWED);
    EXPECT_EQ(ContactsOf(service, "customers/bob"), kContacts);
    for (int i = 0; i < 2; ++i) {
      EXPECT_THAT(
          Serve<v1::ApplyMergeOperationRequest>(service, "ApplyMergeOperation"),
          IsOk());
    }
    EXPECT_EQ(ContactsOf(service, "customers/ada"), kContacts);
    EXPECT_EQ(service.EventsOf("customers/bob"), 2);
  }

  KillDuring<v1::UndoMergeOperationRequest>("UndoMergeOperation");
  ServiceOnClock service = Open();
  EXPECT_EQ(StateOfMerge(service), v1::MergeOperation::APPLIED);
  EXPECT_EQ(ContactsOf(service, "customers/ada"), kContacts);
  EXPECT_THAT(
      Serve<v1::UndoMergeOperationRequest>(service, "UndoMergeOperation"),
      IsOk());
  EXPECT_EQ(StateOfMerge(service), v1::MergeOperation::UNDONE);
  EXPECT_EQ(ContactsOf(service, "customers/bob"), kContacts);
}

}  // namespace
}  // namespace crm::operational
