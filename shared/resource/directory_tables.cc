#include "shared/resource/directory_tables.h"

#include <cstdlib>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "crm/operational/v1/role.pb.h"
#include "crm/operational/v1/team.pb.h"
#include "crm/operational/v1/token_revocation.pb.h"
#include "crm/operational/v1/user.pb.h"
#include "shared/base/clock.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"
#include "shared/events/sql_applier.h"

namespace crm {
namespace {

using ::crm::internal::v1::Event;
using ::crm::operational::v1::Role;
using ::crm::operational::v1::Team;
using ::crm::operational::v1::TokenRevocation;
using ::crm::operational::v1::User;

// How far the copies have come, by ordering key of the owner's feed.
constexpr char kHeads[] = "directory_head";

constexpr const char* kTypes[] = {"crm/User", "crm/Team", "crm/Role",
                                  "crm/TokenRevocation"};

DirectoryContent::User ToUser(const User& user) {
  DirectoryContent::User out;
  out.name = user.name();
  out.subject = user.subject();
  out.roles.assign(user.roles().begin(), user.roles().end());
  out.labels.insert(user.labels().begin(), user.labels().end());
  out.shut_out = user.state() == User::DISABLED || user.has_delete_time();
  if (user.has_sessions_revoke_time()) {
    out.sessions_from = FromTimestamp(user.sessions_revoke_time());
  }
  return out;
}

DirectoryContent::Team ToTeam(const Team& team) {
  DirectoryContent::Team out;
  out.name = team.name();
  out.parent = team.parent_team();
  out.manager = team.manager();
  out.members.assign(team.members().begin(), team.members().end());
  return out;
}

RowScope ToScope(Role::Scope scope) {
  switch (scope) {
    case Role::TEAM:
      return RowScope::kTeam;
    case Role::OWN:
      return RowScope::kOwn;
    case Role::CUSTOMER:
      return RowScope::kCustomer;
    case Role::EXPRESSION:
      return RowScope::kExpression;
    default:
      return RowScope::kAll;
  }
}

// Reads the bodies of all rows of `tenant`, or of those that expire after
// `after`, and calls `take` with each message.
template <typename Message, typename Take>
absl::Status ReadAll(SqlReader& reader, const Resource& resource,
                     const std::string& tenant, Take take,
                     std::optional<absl::Time> after = std::nullopt) {
  std::string sql = absl::StrCat("SELECT body FROM ", resource.schema.table(),
                                 " WHERE tenant = ?");
  std::vector<SqlValue> params = {tenant};
  if (after.has_value()) {
    absl::StrAppend(&sql, " AND c_expire_time > ?");
    params.push_back(absl::ToUnixMicros(*after));
  }
  CRM_ASSIGN_OR_RETURN(const SqlRows rows, reader.Query(sql, params));
  for (const SqlRow& row : rows) {
    Message message;
    if (!message.ParseFromString(std::get<SqlBlob>(row[0]).bytes)) {
      return Internal("ROW_UNREADABLE", "A stored row could not be read.");
    }
    take(message);
  }
  return absl::OkStatus();
}

std::string HashText(uint64_t hash) { return absl::StrCat(absl::Hex(hash)); }

// Notes how far the copies have come in the ordering key of `event`.
absl::Status MoveHead(SqlWriter& writer, const Event& event) {
  const std::string hash =
      HashText(OrderingKeyHash(event.tenant(), event.ordering_key()));
  CRM_RETURN_IF_ERROR(
      writer
          .Execute(absl::StrCat("DELETE FROM ", kHeads,
                                " WHERE tenant = ? AND key_hash = ?"),
                   {event.tenant(), hash})
          .status());
  return writer
      .Execute(absl::StrCat("INSERT INTO ", kHeads,
                            " (tenant, key_hash, v) VALUES (?, ?, ?)"),
               {event.tenant(), hash, event.key_version()})
      .status();
}

}  // namespace

RoleDefinition ToRoleDefinition(const Role& role) {
  RoleDefinition out;
  out.name = std::string(IdOf(role.name()));
  for (const Role::Grant& grant : role.grants()) {
    for (const std::string& permission : grant.permissions()) {
      out.grants.push_back(
          {permission, ToScope(grant.scope()), grant.expression()});
    }
  }
  out.hidden_fields.assign(role.hidden_fields().begin(),
                           role.hidden_fields().end());
  out.read_only_fields.assign(role.read_only_fields().begin(),
                              role.read_only_fields().end());
  return out;
}

DirectoryTables::DirectoryTables(const ResourceCatalog& catalog) {
  const auto find = [&](const google::protobuf::Descriptor* type) {
    if (const Resource* own = catalog.Find(type)) return own;
    auto schema = ResourceSchema::Build(type);
    // The suite's own schema, which tests build.
    if (!schema.ok()) std::abort();
    copies_.push_back(std::make_unique<const Resource>(*std::move(schema)));
    return copies_.back().get();
  };
  users_ = find(User::descriptor());
  teams_ = find(Team::descriptor());
  roles_ = find(Role::descriptor());
  revocations_ = find(TokenRevocation::descriptor());
}

std::vector<SqlTable> DirectoryTables::Tables() const {
  std::vector<SqlTable> tables;
  for (const auto& copy : copies_) {
    tables.push_back(copy->table.Schema());
    // What is unique at the owner is so at any one time; events of two rows
    // come in any order.
    tables.back().indexes.clear();
  }
  if (copied()) {
    tables.push_back({.name = kHeads,
                      .columns = {{"tenant", SqlType::kText, false, {}},
                                  {"key_hash", SqlType::kText, false, {}},
                                  {"v", SqlType::kInteger, false, {}}},
                      .primary_key = {"tenant", "key_hash"},
                      .clustered = true});
  }
  return tables;
}

absl::StatusOr<DirectoryContent> DirectoryTables::Load(
    SqlReader& reader, const std::string& tenant, absl::Time now) const {
  DirectoryContent content;
  CRM_RETURN_IF_ERROR(ReadAll<User>(
      reader, *users_, tenant,
      [&](const User& user) { content.users.push_back(ToUser(user)); }));
  CRM_RETURN_IF_ERROR(
      ReadAll<Team>(reader, *teams_, tenant, [&](const Team& team) {
        if (!team.has_delete_time()) content.teams.push_back(ToTeam(team));
      }));
  CRM_RETURN_IF_ERROR(
      ReadAll<Role>(reader, *roles_, tenant, [&](const Role& role) {
        if (role.has_delete_time()) return;
        content.roles.push_back(ToRoleDefinition(role));
      }));
  CRM_RETURN_IF_ERROR(ReadAll<TokenRevocation>(
      reader, *revocations_, tenant,
      [&](const TokenRevocation& one) {
        content.revocations.push_back(
            {.subject = one.subject(),
             .session_id = one.session_id(),
             .time = FromTimestamp(one.create_time())});
      },
      now));
  return content;
}

absl::StatusOr<bool> DirectoryTables::Covers(
    SqlReader& reader, const std::string& tenant,
    const ConsistencyToken& token) const {
  if (!copied()) return true;
  CRM_ASSIGN_OR_RETURN(const ConsumerState state,
                       LoadConsumerState(reader, kDirectoryOwner));
  // What a feed said before its store was restored is not to come any more.
  if (token.feed_epoch != state.feed_epoch) {
    return token.feed_epoch < state.feed_epoch;
  }
  for (const ConsistencyToken::Key& key : token.keys) {
    if (!key.directory) continue;
    CRM_ASSIGN_OR_RETURN(
        const SqlRows rows,
        reader.Query(absl::StrCat("SELECT v FROM ", kHeads,
                                  " WHERE tenant = ? AND key_hash = ? AND "
                                  "v >= ?"),
                     {tenant, HashText(key.key_hash), key.key_version}));
    if (rows.empty()) return false;
  }
  return true;
}

bool DirectoryTables::Concerns(const Event& event) {
  for (const char* type : kTypes) {
    if (event.resource_type() == type) return true;
  }
  return false;
}

absl::Status DirectoryTables::Apply(SqlWriter& writer,
                                    const Event& event) const {
  for (const auto& copy : copies_) {
    if (event.resource_type() != copy->schema.type()) continue;
    CRM_RETURN_IF_ERROR(MoveHead(writer, event));
    CRM_RETURN_IF_ERROR(
        writer
            .Execute(absl::StrCat("DELETE FROM ", copy->schema.table(),
                                  " WHERE tenant = ? AND name = ?"),
                     {event.tenant(), event.resource()})
            .status());
    if (event.after().empty()) return absl::OkStatus();
    const std::unique_ptr<google::protobuf::Message> message = copy->New();
    if (!message->ParseFromString(event.after())) {
      return absl::DataLossError("An event's resource could not be read.");
    }
    return copy->table.Insert(writer, event.tenant(), *message);
  }
  return absl::OkStatus();
}

absl::Status DirectoryTables::Forget(SqlWriter& writer) const {
  for (const auto& copy : copies_) {
    CRM_RETURN_IF_ERROR(
        writer.Execute(absl::StrCat("DELETE FROM ", copy->schema.table()), {})
            .status());
  }
  if (!copied()) return absl::OkStatus();
  return writer.Execute(absl::StrCat("DELETE FROM ", kHeads), {}).status();
}

}  // namespace crm
