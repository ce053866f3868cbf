#include "tests/conformance/resource_contract.h"

#include <unistd.h>

#include <map>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "crm/api/annotations.pb.h"
#include "google/api/resource.pb.h"
#include "google/rpc/error_details.pb.h"
#include "shared/base/status_macros.h"
#include "shared/reflect/field_access.h"
#include "shared/resource/standard_fields.h"
#include "tests/conformance/sales_history.h"

namespace crm::testing {
namespace {

using ::google::protobuf::FieldDescriptor;

constexpr char kOperational[] = "operational";
constexpr char kAnalytical[] = "analytical";
// What only the services themselves make, of others' doings.
const std::set<std::string> kMadeByTheService = {
    "crm/AutomationRun", "crm/DuplicateCandidate", "crm/Notification",
    "crm/QuarantinedEvent", "crm/TreatmentAssignment"};

// What all tests of the process share.
struct Suite {
  TestAuthority authority;
  std::map<std::string, std::unique_ptr<ServiceHarness>> services;
  int tenants = 0;
};

std::unique_ptr<Suite>& TheSuite() {
  static auto& suite = *new std::unique_ptr<Suite>();
  if (suite == nullptr) suite = std::make_unique<Suite>();
  return suite;
}

}  // namespace

void ResourceContract::TearDownTestSuite() { TheSuite().reset(); }

TestAuthority& ResourceContract::Authority() { return TheSuite()->authority; }

ServiceHarness& ResourceContract::Running(const std::string& service) {
  std::unique_ptr<ServiceHarness>& running = TheSuite()->services[service];
  if (running != nullptr) return *running;
  for (const ServiceUnderTest& candidate : ServicesUnderTest()) {
    if (candidate.name != service) continue;
    running = std::make_unique<ServiceHarness>(
        Authority(), service, candidate.make, [&](HostSettings& settings) {
          // The others are absent, but for the one that sales come from.
          for (const ServiceUnderTest& other : ServicesUnderTest()) {
            settings.addresses[other.name] = "127.0.0.1:1";
          }
          if (service == kAnalytical) {
            settings.addresses[kOperational] =
                absl::StrCat("127.0.0.1:", Running(kOperational).host().port());
          }
        });
  }
  return *running;
}

void ResourceContract::SetUp() {
  service_ = &Running(GetParam().service);
  tenant_ = absl::StrCat("tenant-", ++TheSuite()->tenants);
  token_ = TokenOf("user:ada", "everyone");
  const Application& application = service_->host().service().application;
  auto methods = MethodTable::Build(application.Services());
  ASSERT_THAT(methods, IsOk());
  methods_.emplace(*std::move(methods));
  api_.emplace(ApiOf(*application.catalog().FindByType(GetParam().type)));
  maker_.emplace([this](const std::string& type) { return Refer(type); });
}

ResourceApi ResourceContract::ApiOf(const Resource& resource) const {
  return ResourceApi(service_->client(), *methods_, resource);
}

std::string ResourceContract::StrangerToken() const {
  return Authority().Token(tenant_ + "-other", "user:eve", {"everyone"});
}

std::string ResourceContract::SystemToken() const {
  return Authority().SystemToken();
}

std::string ResourceContract::TokenOf(absl::string_view subject,
                                      absl::string_view role) const {
  return Authority().Token(tenant_, subject, {std::string(role)});
}

const std::string& ResourceContract::parent() {
  if (parent_.has_value()) return *parent_;
  parent_ = "";
  if (!schema().pattern().nested()) return *parent_;
  const auto& collections = schema().pattern().collections();
  for (const auto& candidate :
       service_->host().service().application.catalog().resources()) {
    const NamePattern& pattern = candidate->schema.pattern();
    if (pattern.collections().size() + 1 == collections.size() &&
        pattern.collection() == collections[collections.size() - 2]) {
      parent_ = Refer(candidate->schema.type());
    }
  }
  EXPECT_NE(*parent_, "") << "no resource is the parent of " << schema().type();
  return *parent_;
}

// A resource of another service is not looked for: any name will do.
std::string ResourceContract::Refer(const std::string& type) {
  const Resource* resource =
      service_->host().service().application.catalog().FindByType(type);
  if (resource != nullptr) {
    const auto stored = Store(ApiOf(*resource), "");
    EXPECT_THAT(stored, IsOk());
    return stored.ok() ? NameOf(**stored) : "";
  }
  const std::string kind =
      absl::AsciiStrToLower(type.substr(type.find('/') + 1));
  return absl::StrCat(kind == "*" ? "thing" : kind, "s/other-",
                      maker_->NextNumber());
}

absl::StatusOr<MessagePtr> ResourceContract::Store(const ResourceApi& api,
                                                   const std::string& parent) {
  Provide();
  const MessagePtr instance = maker_->Make(api.resource().schema.message());
  ApiAnswer answer =
      api.Call(Verb::kCreate, *api.CreateRequest(*instance, parent), token_);
  CRM_RETURN_IF_ERROR(answer.status);
  return std::move(answer.message);
}

void ResourceContract::Provide() {
  if (provided_ || GetParam().service != kAnalytical) return;
  provided_ = true;
  GiveSalesHistory(Running(kOperational), *service_, {token_, StrangerToken()},
                   SystemToken());
}

MessagePtr ResourceContract::NewInstance() {
  Provide();
  return maker_->Make(schema().message());
}

MessagePtr ResourceContract::MakeOne() {
  auto stored = Store(api(), parent());
  EXPECT_THAT(stored, IsOk());
  return stored.ok() ? *std::move(stored) : NewMessage(schema().message());
}

std::vector<MessagePtr> ResourceContract::MakeSome(int count) {
  std::vector<MessagePtr> made;
  for (int i = 0; i < count; ++i) made.push_back(MakeOne());
  return made;
}

std::vector<MessagePtr> ResourceContract::ExistingOnes(int count) {
  if (api().Has(Verb::kCreate)) return MakeSome(count);
  if (kMadeByTheService.contains(schema().type())) PutRecords(count);
  // Audit entries come of every change of anything.
  for (const auto& other :
       service_->host().service().application.catalog().resources()) {
    const ResourceApi changed = ApiOf(*other);
    if (!changed.Has(Verb::kCreate) || other->schema.pattern().nested()) {
      continue;
    }
    for (int i = 0; i < count; ++i) {
      EXPECT_THAT(Store(changed, ""), IsOk());
    }
    break;
  }
  auto all = api().ListAll(*api().ListRequest(parent()), token_);
  EXPECT_THAT(all, IsOk());
  return all.ok() ? *std::move(all) : std::vector<MessagePtr>();
}

MessagePtr ResourceContract::MustGet(absl::string_view name) const {
  auto got = api().Get(name, token_);
  EXPECT_THAT(got, IsOk());
  return got.ok() ? *std::move(got) : NewMessage(schema().message());
}

MessagePtr ResourceContract::CustomRequest(
    const google::protobuf::Descriptor* type) {
  MessagePtr request = NewMessage(type);
  for (int i = 0; i < type->field_count(); ++i) {
    const auto* field = type->field(i);
    if (!ResourceSchema::IsRequired(field)) continue;
    const std::string& referred =
        field->options().GetExtension(google::api::resource_reference).type();
    if (referred.empty()) {
      maker().Fill(*request, field);
    } else if (referred == schema().type() && field->name() != "name") {
      // Another one of the same, for what looks at two.
      WriteString(*request, field->name(),
                  schema().pattern().Format("", "another"));
    }
  }
  return request;
}

MessagePtr ResourceContract::RequestFor(const MethodInfo& method) {
  const auto* type = method.descriptor->input_type();
  return method.verb == Verb::kCustom ? CustomRequest(type) : NewMessage(type);
}

void ResourceContract::PutInto(
    const std::string& name,
    const google::protobuf::EnumValueDescriptor* state) const {
  const absl::Status written = service_->host().database().WriteAndWait(
      absl::Now() + absl::Seconds(30), [&](SqlWriter& writer) -> absl::Status {
        CRM_ASSIGN_OR_RETURN(const auto row,
                             resource().table.Find(writer, tenant_, name));
        const MessagePtr message = NewMessage(schema().message());
        if (!row.has_value() || !message->ParseFromString(row->body)) {
          return absl::NotFoundError(name);
        }
        message->GetReflection()->SetEnum(message.get(),
                                          schema().machine().state(), state);
        WriteString(*message, "etag", EtagOf(row->version + 1));
        return resource().table.Update(writer, tenant_, row->version, *message);
      });
  ASSERT_THAT(written, IsOk());
}

void ResourceContract::PutRecords(int count) {
  const absl::Status written = service_->host().database().WriteAndWait(
      absl::Now() + absl::Seconds(30), [&](SqlWriter& writer) -> absl::Status {
        for (int i = 0; i < count; ++i) {
          const std::string id = absl::StrCat("made-", maker_->NextNumber());
          const MessagePtr record = NewMessage(schema().message());
          WriteString(*record, "name", schema().pattern().Format("", id));
          for (const char* field :
               {"first", "pair_key", "event_id", "recipient"}) {
            if (schema().message()->FindFieldByName(field) == nullptr) continue;
            WriteString(*record, field, absl::StrCat("leads/", id));
          }
          WriteString(*record, "etag", EtagOf(1));
          SetTime(*record, "create_time", absl::Now());
          CRM_RETURN_IF_ERROR(
              resource().table.Insert(writer, tenant_, *record));
        }
        return absl::OkStatus();
      });
  EXPECT_THAT(written, IsOk());
}

StoredRecords ResourceContract::Records() const {
  return ReadRecords(service_->host().database(),
                     service_->host().service().application.catalog(), tenant_);
}

std::vector<const FieldDescriptor*> ResourceContract::InputFields() const {
  std::vector<const FieldDescriptor*> fields;
  for (int i = 0; i < schema().message()->field_count(); ++i) {
    const FieldDescriptor* field = schema().message()->field(i);
    if (!ResourceSchema::IsOutputOnly(field)) fields.push_back(field);
  }
  return fields;
}

const FieldDescriptor* ResourceContract::MutableText() const {
  for (const FieldDescriptor* field : InputFields()) {
    const bool reference =
        field->options().HasExtension(google::api::resource_reference);
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_STRING &&
        !field->is_repeated() && !reference &&
        !ResourceSchema::IsImmutable(field)) {
      return field;
    }
  }
  return nullptr;
}

std::string ResourceNameIn(const absl::Status& status) {
  const auto payload =
      status.GetPayload("type.googleapis.com/google.rpc.ResourceInfo");
  google::rpc::ResourceInfo info;
  if (!payload.has_value() || !info.ParseFromString(std::string(*payload))) {
    return "";
  }
  return info.resource_name();
}

std::string ResourceContract::NameOfCase(
    const ::testing::TestParamInfo<ResourceCase>& info) {
  return absl::StrCat(info.param.service, "_",
                      absl::StrReplaceAll(info.param.type, {{"/", "_"}}));
}

INSTANTIATE_TEST_SUITE_P(Conformance, ResourceContract,
                         ::testing::ValuesIn(AllResources()),
                         &ResourceContract::NameOfCase);

}  // namespace crm::testing
