#include "tests/conformance/merge_fixture.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include "absl/strings/match.h"
#include "crm/operational/v1/order.pb.h"
#include "crm/operational/v1/role.pb.h"
#include "crm/operational/v1/user.pb.h"
#include "services/operational/app.h"
#include "services/operational/domain/identity/customer_references.h"
#include "shared/reflect/resource_name.h"
#include "shared/resource/standard_fields.h"

namespace crm::testing {

using ::google::protobuf::Message;

namespace {

// How many rows of one type are read at once: more than a test makes.
constexpr int kMost = 20'000;

std::string BytesOf(const Message& row) {
  std::string bytes;
  google::protobuf::io::StringOutputStream stream(&bytes);
  google::protobuf::io::CodedOutputStream output(&stream);
  output.SetSerializationDeterministic(true);
  row.SerializeToCodedStream(&output);
  output.Trim();
  return bytes;
}

}  // namespace

MergeFixture::MergeFixture()
    : service_(authority_, "operational", operational::MakeOperational),
      token_(authority_.Token("acme", "user:boss", {"everyone"})),
      methods_(*MethodTable::Build(
          service_.host().service().application.Services())),
      maker_([this](const std::string& type) { return Refer(type); }) {}

void MergeFixture::MakeCustomer(absl::string_view id,
                                absl::string_view fields) {
  ASSERT_THAT((Call<v1::Customer, v1::CreateCustomerRequest>(
                  "CustomerService.CreateCustomer",
                  absl::StrCat("customer_id: '", id,
                               "' customer { kind: PERSON display_name: '", id,
                               "' ", fields, " }"))),
              IsOk());
}

void MergeFixture::MakeIdentifier(absl::string_view customer,
                                  absl::string_view point,
                                  absl::string_view type,
                                  absl::string_view value, bool verified) {
  ASSERT_THAT(
      (Call<v1::Identifier, v1::CreateIdentifierRequest>(
          "IdentifierService.CreateIdentifier",
          absl::StrCat("parent: 'customers/", customer, "' identifier_id: '",
                       point, "' identifier { type: ", type, " value: '", value,
                       "' purpose: 'home' }"))),
      IsOk());
  if (!verified) return;
  ASSERT_THAT((Call<v1::Identifier, v1::VerifyIdentifierRequest>(
                  "IdentifierService.VerifyIdentifier",
                  absl::StrCat("name: 'customers/", customer, "/identifiers/",
                               point, "'"))),
              IsOk());
}

absl::StatusOr<v1::MergeOperation> MergeFixture::Preview(
    absl::string_view survivor, absl::string_view merged,
    absl::string_view more) {
  return Call<v1::MergeOperation, v1::CreateMergeOperationRequest>(
      "MergeOperationService.CreateMergeOperation",
      absl::StrCat("merge_operation { survivor: 'customers/", survivor,
                   "' merged: 'customers/", merged, "' ", more, " }"));
}

absl::StatusOr<v1::MergeOperation> MergeFixture::Apply(absl::string_view name) {
  return Call<v1::MergeOperation, v1::ApplyMergeOperationRequest>(
      "MergeOperationService.ApplyMergeOperation",
      absl::StrCat("name: '", name, "'"));
}

absl::StatusOr<v1::MergeOperation> MergeFixture::Undo(absl::string_view name) {
  return Call<v1::MergeOperation, v1::UndoMergeOperationRequest>(
      "MergeOperationService.UndoMergeOperation",
      absl::StrCat("name: '", name, "'"));
}

absl::StatusOr<v1::Customer> MergeFixture::GetCustomer(absl::string_view id) {
  return Call<v1::Customer, v1::GetCustomerRequest>(
      "CustomerService.GetCustomer",
      absl::StrCat("name: 'customers/", id, "'"));
}

std::string MergeFixture::Refer(const std::string& type) {
  if (type == "crm/Customer") return customer_;
  const Resource* resource = catalog().FindByType(type);
  return resource == nullptr ? customer_ : MakeRow(*resource);
}

std::string MergeFixture::MakeRow(const Resource& resource) {
  const ResourceApi api(service_.client(), methods_, resource);
  const MessagePtr row = maker_.Make(resource.schema.message());
  const auto* ordering = resource.schema.ordering();
  if (ordering != nullptr && !ResourceSchema::IsOutputOnly(ordering)) {
    SetText(*row, ordering->name(), customer_);
  }
  const std::string parent =
      resource.schema.pattern().nested() ? customer_ : "";
  const ApiAnswer answer =
      api.Call(Verb::kCreate, *api.CreateRequest(*row, parent), token_);
  EXPECT_THAT(answer.status, IsOk()) << resource.schema.type();
  return answer.status.ok() ? ReadString(*answer.message, "name") : "";
}

void MergeFixture::MakeLinks(const std::string& id) {
  customer_ = absl::StrCat("customers/", id);
  for (const auto& resource : catalog().resources()) {
    const auto* type = resource->schema.message();
    const ResourceApi api(service_.client(), methods_, *resource);
    const auto& above = resource->schema.pattern().collections();
    if (type == v1::Customer::descriptor() ||
        type == v1::MergeOperation::descriptor() || !api.Has(Verb::kCreate) ||
        (above.size() > 1 && (above.size() > 2 || above[0] != "customers")) ||
        operational::CustomerFieldsOf(*type).empty()) {
      continue;
    }
    MakeRow(*resource);
    if (!api.Has(Verb::kUndelete)) continue;
    const std::string gone = MakeRow(*resource);
    EXPECT_THAT(
        api.Call(Verb::kDelete, *api.NameRequest(Verb::kDelete, gone), token_)
            .status,
        IsOk())
        << gone;
  }
}

RowsByName MergeFixture::Rows() {
  RowsByName rows;
  const absl::Status read = service_.host().database().Read(
      absl::Now() + absl::Seconds(30), [&](SqlReader& reader) -> absl::Status {
        for (const auto& resource : catalog().resources()) {
          // What has happened stays.
          if (resource->schema.type() == "crm/AuditEntry") continue;
          CRM_ASSIGN_OR_RETURN(
              const SqlRows found,
              reader.Query(absl::StrCat("SELECT name, body FROM ",
                                        resource->schema.table(),
                                        " WHERE tenant = ? LIMIT ", kMost),
                           {std::string("acme")}));
          for (const SqlRow& row : found) {
            MessagePtr message = resource->New();
            if (!message->ParseFromString(std::get<SqlBlob>(row[1]).bytes)) {
              return absl::DataLossError(std::get<std::string>(row[0]));
            }
            WriteString(*message, "etag", "");
            WriteString(*message, "updater", "");
            SetTime(*message, "update_time", std::nullopt);
            rows[std::get<std::string>(row[0])] = std::move(message);
          }
        }
        return absl::OkStatus();
      });
  EXPECT_THAT(read, IsOk());
  return rows;
}

void MergeFixture::MakeAdaAndBob() {
  MakeCustomer("ada", "primary_email: 'ada@example.org'");
  MakeCustomer("bob", "primary_email: 'bob@example.org' segment: 'Noble'");
  MakeIdentifier("ada", "mail", "EMAIL", "ada@example.org", true);
  MakeIdentifier("bob", "mail", "EMAIL", "bob@example.org", true);
  MakeIdentifier("bob", "phone", "PHONE", "+4930123456");
  MakeLinks("bob");
}

std::string MergeFixture::MakeOrder(absl::string_view customer) {
  const auto order = Call<v1::Order, v1::CreateOrderRequest>(
      "OrderService.CreateOrder",
      absl::StrCat("order { order_number: 'N-", ++orders_, "' customer: '",
                   customer, "' currency_code: 'USD' }"));
  EXPECT_THAT(order, IsOk());
  return order.ok() ? order->name() : "";
}

void MergeFixture::MakeOrders(absl::string_view customer, int count) {
  v1::BatchCreateOrdersRequest batch;
  for (int i = 1; i <= count; ++i) {
    auto& order = *batch.add_requests()->mutable_order();
    order.set_order_number(absl::StrCat("N-", ++orders_));
    order.set_customer(std::string(customer));
    order.set_currency_code("USD");
    if (i % 500 != 0 && i != count) continue;
    ASSERT_THAT(service_.client().Call<v1::BatchCreateOrdersResponse>(
                    "crm.operational.v1.OrderService.BatchCreateOrders", batch,
                    {.token = token_}),
                IsOk());
    batch.clear_requests();
  }
}

void MergeFixture::MakeMerger(absl::string_view id, absl::string_view reads,
                              absl::string_view writes) {
  ASSERT_THAT(
      (Call<v1::Role, v1::CreateRoleRequest>(
          "RoleService.CreateRole",
          absl::StrCat(
              "role_id: 'merger-", id, "' role { display_name: '", id,
              "' grants { permissions: 'mergeOperations.get' permissions: "
              "'mergeOperations.apply' scope: ALL } grants { permissions: "
              "'customers.get' scope: ",
              reads, " } grants { permissions: 'customers.update' scope: ",
              writes, " } }"))),
      IsOk());
  ASSERT_THAT(
      (Call<v1::User, v1::CreateUserRequest>(
          "UserService.CreateUser",
          absl::StrCat("user { display_name: '", id, "' subject: 'user:", id,
                       "' roles: 'merger-", id, "' }"))),
      IsOk());
}

std::vector<std::string> MergeFixture::RowsNaming(absl::string_view customer) {
  std::vector<std::string> names;
  for (const auto& [name, row] : Rows()) {
    if (name != customer && !absl::StartsWith(name, "mergeOperations/") &&
        ParentOf(name) != customer &&
        absl::StrContains(row->SerializeAsString(), customer)) {
      names.push_back(name);
    }
  }
  return names;
}

std::string Difference(const RowsByName& before, const RowsByName& after) {
  for (const auto& [name, row] : before) {
    const auto found = after.find(name);
    if (found == after.end()) return absl::StrCat(name, " is gone");
    if (BytesOf(*row) != BytesOf(*found->second)) {
      return absl::StrCat(row->DebugString(), " became ",
                          found->second->DebugString());
    }
  }
  return "";
}

}  // namespace crm::testing
