// What tests of imports share: a service, and imports of it from the start to
// the end.

#ifndef CRM_TESTS_CONFORMANCE_IMPORT_FIXTURE_H_
#define CRM_TESTS_CONFORMANCE_IMPORT_FIXTURE_H_

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "crm/operational/v1/contact.pb.h"
#include "crm/operational/v1/contact_bulk.pb.h"
#include "crm/operational/v1/customer.pb.h"
#include "crm/platform/v1/imports.pb.h"
#include "crm/platform/v1/operations.pb.h"
#include "google/protobuf/util/json_util.h"
#include "services/operational/app.h"
#include "tests/support/matchers.h"
#include "tests/support/service_harness.h"

namespace crm::testing {

inline constexpr char kContactPlan[] = R"(
    format: CSV
    columns { column: 'First' field: 'display_name' }
    columns { column: 'Last' field: 'display_name' join: true }
    columns { column: 'Mail' field: 'email' optional: true })";

// A running service, and a caller who may import.
class ImportRows : public ::testing::Test {
 protected:
  ImportRows()
      : service_(authority_, "operational", operational::MakeOperational),
        boss_(authority_.Token("acme", "user:boss", {"sales_manager"})) {}

  template <typename Response>
  absl::StatusOr<Response> Call(absl::string_view method,
                                const google::protobuf::Message& request) {
    return service_.client().Call<Response>(method, request, {.token = boss_});
  }

  // Starts the import of a collection (`Contacts`) by the caller of `token`.
  template <typename Request>
  absl::StatusOr<google::longrunning::Operation> StartAs(
      const std::string& token, absl::string_view method,
      absl::string_view plan) {
    Request request;
    ParseTextOrDie(plan, *request.mutable_plan());
    return service_.client().Call<google::longrunning::Operation>(
        absl::StrCat("crm.operational.v1.", method), request, {.token = token});
  }

  absl::StatusOr<platform::v1::AddImportRowsResponse> Add(
      const std::string& name, int64_t part, absl::string_view content,
      bool last = false) {
    platform::v1::AddImportRowsRequest request;
    request.set_name(name);
    request.set_part(part);
    request.set_content(std::string(content));
    request.set_last(last);
    return Call<platform::v1::AddImportRowsResponse>(
        "crm.platform.v1.ImportService.AddImportRows", request);
  }

  google::longrunning::Operation Await(const std::string& name) {
    platform::v1::WaitOperationRequest request;
    request.set_name(name);
    for (;;) {
      const auto operation = Call<google::longrunning::Operation>(
          "crm.platform.v1.Operations.WaitOperation", request);
      EXPECT_THAT(operation, IsOk());
      if (!operation.ok() || operation->done()) {
        return operation.value_or(google::longrunning::Operation());
      }
    }
  }

  template <typename T>
  static T ResultOf(const google::longrunning::Operation& operation) {
    T result;
    EXPECT_TRUE(operation.response().UnpackTo(&result))
        << operation.DebugString();
    return result;
  }

  // Imports `content` in parts of `size` bytes and returns the operation.
  template <typename Request>
  google::longrunning::Operation Import(absl::string_view method,
                                        absl::string_view plan,
                                        absl::string_view content,
                                        size_t size = 1 << 20) {
    const auto started = StartAs<Request>(boss_, method, plan);
    EXPECT_THAT(started, IsOk());
    if (!started.ok()) return {};
    int64_t part = 0;
    do {
      const absl::string_view piece = content.substr(0, size);
      content.remove_prefix(piece.size());
      EXPECT_THAT(Add(started->name(), ++part, piece, content.empty()), IsOk());
    } while (!content.empty());
    return Await(started->name());
  }

  google::longrunning::Operation ImportContacts(absl::string_view plan,
                                                absl::string_view content,
                                                size_t size = 1 << 20) {
    return Import<operational::v1::ImportContactsRequest>(
        "ContactBulkService.ImportContacts", plan, content, size);
  }

  std::vector<platform::v1::ImportFailure> Failures(const std::string& name) {
    platform::v1::ReadOperationOutputRequest request;
    request.set_name(name);
    std::vector<platform::v1::ImportFailure> failures;
    do {
      const auto part = Call<platform::v1::ReadOperationOutputResponse>(
          "crm.platform.v1.Operations.ReadOperationOutput", request);
      EXPECT_THAT(part, IsOk());
      if (!part.ok()) break;
      for (const auto line :
           absl::StrSplit(part->content(), '\n', absl::SkipEmpty())) {
        EXPECT_TRUE(google::protobuf::util::JsonStringToMessage(
                        std::string(line), &failures.emplace_back())
                        .ok());
      }
      request.set_page_token(part->next_page_token());
    } while (!request.page_token().empty());
    return failures;
  }

  std::vector<operational::v1::Contact> Contacts() {
    operational::v1::ListContactsRequest request;
    request.set_page_size(1000);
    std::vector<operational::v1::Contact> contacts;
    do {
      const auto page = Call<operational::v1::ListContactsResponse>(
          "crm.operational.v1.ContactService.ListContacts", request);
      EXPECT_THAT(page, IsOk());
      if (!page.ok()) break;
      contacts.insert(contacts.end(), page->contacts().begin(),
                      page->contacts().end());
      request.set_page_token(page->next_page_token());
    } while (!request.page_token().empty());
    return contacts;
  }

  std::vector<std::string> ContactNames() {
    std::vector<std::string> names;
    for (const operational::v1::Contact& contact : Contacts()) {
      names.push_back(contact.display_name());
    }
    std::sort(names.begin(), names.end());
    return names;
  }

  size_t CustomerCount() {
    operational::v1::ListCustomersRequest request;
    request.set_page_size(1000);
    const auto page = Call<operational::v1::ListCustomersResponse>(
        "crm.operational.v1.CustomerService.ListCustomers", request);
    EXPECT_THAT(page, IsOk());
    return page.ok() ? static_cast<size_t>(page->customers_size()) : 0;
  }

  absl::StatusOr<google::longrunning::Operation> Revert(
      const std::string& name) {
    platform::v1::RevertImportRequest request;
    request.set_name(name);
    return Call<google::longrunning::Operation>(
        "crm.platform.v1.ImportService.RevertImport", request);
  }

  TestAuthority authority_;
  ServiceHarness service_;
  const std::string boss_;
};

}  // namespace crm::testing

#endif  // CRM_TESTS_CONFORMANCE_IMPORT_FIXTURE_H_
