// Every method of every service, as every built-in role, on rows of every kind:
// what authz_matrix.txt lists is allowed, and all the rest is denied, in the
// words that missing rows have too.

#include "tests/conformance/authz_matrix.h"

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "crm/platform/v1/change.pb.h"
#include "google/api/resource.pb.h"
#include "google/longrunning/operations.pb.h"
#include "services/analytical/app.h"
#include "services/collaborative/app.h"
#include "services/operational/app.h"
#include "shared/base/errors.h"
#include "tests/conformance/authz_stage.h"
#include "tests/conformance/instance_maker.h"
#include "tests/conformance/resource_api.h"
#include "tests/support/matchers.h"
#include "tests/support/service_harness.h"

namespace crm::testing {
namespace {

using ::google::protobuf::FieldDescriptor;
using ::google::protobuf::Message;
using ::testing::ElementsAreArray;

constexpr RowKind kStored[] = {RowKind::kOwn, RowKind::kMate, RowKind::kFar};
constexpr RowKind kNamed[] = {RowKind::kOwn, RowKind::kMate, RowKind::kFar,
                              RowKind::kForeign, RowKind::kMissing};

const AuthzMatrix& Matrix() {
  static const auto& matrix = *new AuthzMatrix(
      AuthzMatrix::Read(CRM_TEST_SOURCE_DIR "/authz_matrix.txt"));
  return matrix;
}

std::vector<std::string> Roles() {
  std::vector<std::string> roles = Matrix().roles();
  roles.push_back("bystander");
  return roles;
}

class AuthzMatrixTest : public ::testing::TestWithParam<std::string> {
 protected:
  AuthzMatrixTest() {
    stages_.push_back(std::make_unique<Stage>(authority_, "operational",
                                              operational::MakeOperational));
    stages_.push_back(std::make_unique<Stage>(
        authority_, "collaborative", collaborative::MakeCollaborative));
    stages_.push_back(std::make_unique<Stage>(authority_, "analytical",
                                              analytical::MakeAnalytical));
    MakeTeam();
  }

  // `user:me` and `user:mate` are a team; `user:far` is not of it.
  void MakeTeam() {
    Stage& stage = *stages_.front();
    for (const char* id : {"me", "mate"}) {
      Make(stage, "crm/User",
           absl::StrCat("display_name: '", id, "' subject: 'user:", id, "'"),
           id);
    }
    Make(stage, "crm/Team",
         "display_name: 'us' members: 'users/me' members: 'users/mate'", "us");
  }

  void Make(Stage& stage, const std::string& type, const std::string& body,
            const std::string& id) {
    const Resource& resource = *stage.catalog().FindByType(type);
    const MessagePtr row = NewMessage(resource.schema.message());
    ParseTextOrDie(body, *row);
    ASSERT_THAT(stage.Api(resource)
                    .Call(Verb::kCreate,
                          *stage.Api(resource).CreateRequest(*row, "", id),
                          authority_.Token("acme", "user:root", {"everyone"}))
                    .status,
                IsOk());
  }

  const std::string& role() const { return GetParam(); }
  std::string Token() const {
    return authority_.Token("acme", "user:me", {role()});
  }

  MatrixScope Scope(const Resource& resource, const std::string& verb) const {
    return Matrix().ScopeOf(
        role(),
        absl::StrCat(resource.schema.pattern().collection(), ".", verb));
  }

  // Calls `method` with bytes that are no message: who may not call it learns
  // no more of them than who names a row.
  void CheckForm(Stage& stage, const MethodInfo& method) {
    const absl::Status status =
        stage.client()
            .CallBytes(method.descriptor, "\xFF\xFF\xFF", {.token = Token()})
            .status;
    ++tuples_;
    const bool granted = Matrix().ScopeOf(role(), method.permission) != ' ';
    EXPECT_EQ(status.code(), granted ? absl::StatusCode::kInvalidArgument
                                     : absl::StatusCode::kPermissionDenied)
        << role() << " " << method.path << ": " << status;
  }

  // Calls `method` about the row of `kind` and holds the answer against the
  // matrix.
  void Check(Stage& stage, const Resource& resource, const MethodInfo& method,
             RowKind kind) {
    const std::string name = stage.Row(resource, kind);
    const MessagePtr request = stage.Request(resource, method, kind, name);
    if (HasField(*request, "validate_only")) SetFlag(*request, "validate_only");
    const absl::Status status =
        stage.client()
            .Call(method.descriptor, *request, {.token = Token()})
            .status;
    ++tuples_;
    SCOPED_TRACE(absl::StrCat(role(), " ", method.path, " of ",
                              NameOfKind(kind), " row: ", status.ToString()));
    const MatrixScope scope = Matrix().ScopeOf(role(), method.permission);
    if (scope == ' ') {
      EXPECT_THAT(status, StatusIs(absl::StatusCode::kPermissionDenied,
                                   "PERMISSION_DENIED"));
      return;
    }
    const bool creates =
        method.verb == Verb::kCreate || method.verb == Verb::kBatchCreate;
    const bool owned = stage.Owned(resource);
    // What works on a whole collection names no row.
    const bool bulk = method.verb == Verb::kPurge ||
                      method.verb == Verb::kExport ||
                      (!HasField(*request, "name") &&
                       method.descriptor->output_type() ==
                           google::longrunning::Operation::descriptor());
    if (bulk || !stage.HasRows(resource)) {
      EXPECT_NE(status.code(), absl::StatusCode::kPermissionDenied);
      return;
    }
    if (creates) {
      CheckCreate(stage, resource, kind, Reaches(scope, kind, owned), status);
      return;
    }
    const MatrixScope get = Scope(resource, "get");
    const bool readable = get == ' ' || Reaches(get, kind, owned);
    const bool reached = Reaches(scope, kind, owned);
    if (readable && reached) {
      ExpectAllowed(status);
    } else if (readable && get != ' ' && method.mutating) {
      EXPECT_THAT(status, StatusIs(absl::StatusCode::kPermissionDenied,
                                   "ROW_NOT_WRITABLE"));
    } else {
      EXPECT_THAT(status,
                  StatusIs(absl::StatusCode::kNotFound, "RESOURCE_NOT_FOUND"));
      // The words are those of any missing row.
      texts_.insert(absl::StrReplaceAll(
          status.message(), {{name, "NAME"}, {"requests[0]: ", ""}}));
    }
  }

  void CheckCreate(Stage& stage, const Resource& resource, RowKind kind,
                   bool reached, const absl::Status& status) {
    const Resource* parent = stage.ParentOf(resource);
    if (parent != nullptr) {
      const MatrixScope above = Scope(*parent, "get");
      if (kind == RowKind::kForeign ||
          (above != ' ' && !Reaches(above, kind, true))) {
        EXPECT_THAT(status, StatusIs(absl::StatusCode::kNotFound,
                                     "RESOURCE_NOT_FOUND"));
        return;
      }
    }
    if (reached) return ExpectAllowed(status);
    if (MustRefer(stage, resource)) {
      // What it has to refer to is as far away, and is told of first.
      EXPECT_THAT(status,
                  StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"));
      return;
    }
    EXPECT_THAT(status, StatusIs(absl::StatusCode::kPermissionDenied,
                                 "ROW_NOT_WRITABLE"));
  }

  // Whether a resource is nothing without another one of its service.
  static bool MustRefer(Stage& stage, const Resource& resource) {
    const auto* message = resource.schema.message();
    for (int i = 0; i < message->field_count(); ++i) {
      const auto* field = message->field(i);
      if (ResourceSchema::IsRequired(field) &&
          stage.catalog().FindByType(
              field->options()
                  .GetExtension(google::api::resource_reference)
                  .type()) != nullptr) {
        return true;
      }
    }
    return false;
  }

  // Rules and states may refuse what access allows.
  static void ExpectAllowed(const absl::Status& status) {
    EXPECT_NE(status.code(), absl::StatusCode::kPermissionDenied);
    EXPECT_NE(status.code(), absl::StatusCode::kNotFound);
    EXPECT_NE(status.code(), absl::StatusCode::kUnauthenticated);
    EXPECT_NE(status.code(), absl::StatusCode::kInvalidArgument);
  }

  TestAuthority authority_;
  std::vector<std::unique_ptr<Stage>> stages_;
  std::set<std::string> texts_;
  int tuples_ = 0;
};

TEST_P(AuthzMatrixTest, A36_EveryMethodOnEveryKindOfRow) {
  for (const auto& stage : stages_) {
    for (const auto& resource : stage->catalog().resources()) {
      for (const MethodInfo* method : stage->Api(*resource).methods()) {
        CheckForm(*stage, *method);
        if (method->verb == Verb::kList) continue;
        const bool creates =
            method->verb == Verb::kCreate || method->verb == Verb::kBatchCreate;
        for (const RowKind kind : kNamed) {
          // What is created is neither another tenant's nor missing, unless the
          // row above it is.
          if (creates && (kind == RowKind::kMissing ||
                          (kind == RowKind::kForeign &&
                           !resource->schema.pattern().nested()))) {
            continue;
          }
          Check(*stage, *resource, *method, kind);
        }
      }
    }
  }
  EXPECT_LE(texts_.size(), 1u) << ::testing::PrintToString(texts_);
  // With 13 roles more than 10,000 in all; fewer means that some were left out.
  RecordProperty("tuples", tuples_);
  EXPECT_GT(tuples_, 10'000 / static_cast<int>(Roles().size()));
}

TEST_P(AuthzMatrixTest, A36_NoRoleOfAUserCallsWhatIsInternal) {
  for (const auto& stage : stages_) {
    for (const char* name :
         {"crm.internal.v1.Feed.Read", "crm.internal.v1.Feed.Head"}) {
      const auto* method = ApiClient::MethodOf(name);
      EXPECT_THAT(
          stage->client()
              .Call(method, *NewMessage(method->input_type()),
                    {.token = Token()})
              .status,
          StatusIs(absl::StatusCode::kPermissionDenied, "PERMISSION_DENIED"))
          << role() << " " << name;
    }
  }
}

TEST_P(AuthzMatrixTest, A36_ListsHoldWhatTheRoleReaches) {
  for (const auto& stage : stages_) {
    for (const auto& resource : stage->catalog().resources()) {
      if (!stage->HasRows(*resource)) continue;
      std::vector<std::string> reached;
      for (const RowKind kind : kNamed) {
        const std::string name = stage->Row(*resource, kind);
        if (Reaches(Scope(*resource, "list"), kind, stage->Owned(*resource))) {
          reached.push_back(name);
        }
      }
      const ResourceApi& api = stage->Api(*resource);
      const Resource* parent = stage->ParentOf(*resource);
      const MessagePtr request = api.ListRequest(
          parent == nullptr
              ? ""
              : absl::StrCat(parent->schema.pattern().collection(), "/-"));
      SCOPED_TRACE(absl::StrCat(role(), " lists ", resource->schema.type()));
      const auto listed = api.ListAll(*request, Token());
      if (Scope(*resource, "list") == ' ') {
        EXPECT_THAT(listed, StatusIs(absl::StatusCode::kPermissionDenied,
                                     "PERMISSION_DENIED"));
        continue;
      }
      ASSERT_THAT(listed, IsOk());
      std::vector<std::string> names;
      for (const MessagePtr& row : *listed) {
        if (absl::StrContains(NameOf(*row), "/row-")) {
          names.push_back(NameOf(*row));
        }
      }
      std::sort(reached.begin(), reached.end());
      std::sort(names.begin(), names.end());
      EXPECT_THAT(names, ElementsAreArray(reached));
    }
  }
}

TEST_P(AuthzMatrixTest, A36_WatchesShowWhatTheRoleReaches) {
  // The services that are watched by all who may watch at all.
  const std::set<std::string> watchers = {"integration",  "sales_manager",
                                          "sales_rep",    "support_agent",
                                          "support_lead", "tenant_admin"};
  for (const auto& stage : stages_) {
    std::set<std::string> reached;
    for (const auto& resource : stage->catalog().resources()) {
      if (!stage->HasRows(*resource)) continue;
      for (const RowKind kind : kNamed) {
        const std::string name = stage->Row(*resource, kind);
        if (Reaches(Scope(*resource, "get"), kind, stage->Owned(*resource))) {
          reached.insert(name);
        }
      }
    }
    auto stream = stage->client().Open(
        "crm.platform.v1.ChangeService.Watch",
        Proto<platform::v1::WatchRequest>("from_beginning: true"),
        {.token = Token(), .timeout = absl::Seconds(reached.empty() ? 1 : 20)});
    if (!watchers.contains(role())) {
      EXPECT_EQ(stream->Next(), nullptr);
      EXPECT_THAT(
          stream->Finish(),
          StatusIs(absl::StatusCode::kPermissionDenied, "PERMISSION_DENIED"));
      continue;
    }
    std::set<std::string> seen;
    while (seen.size() < reached.size()) {
      const auto message = stream->Next();
      ASSERT_NE(message, nullptr) << role();
      const auto& change = static_cast<const platform::v1::Change&>(*message);
      if (!absl::StrContains(change.resource(), "/row-")) continue;
      EXPECT_TRUE(reached.contains(change.resource()))
          << role() << " sees " << change.resource();
      seen.insert(change.resource());
    }
    stream->Cancel();
    EXPECT_EQ(seen, reached);
  }
}

INSTANTIATE_TEST_SUITE_P(Roles, AuthzMatrixTest, ::testing::ValuesIn(Roles()),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace crm::testing
