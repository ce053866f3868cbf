#include "tests/shared/resource/audit/chains.h"

#include <stdlib.h>

#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "shared/auth/base64url.h"
#include "shared/base/status_macros.h"
#include "shared/resource/audit/audit_record.h"
#include "shared/resource/audit/dump_line.h"
#include "shared/resource/pending_audit.h"
#include "shared/storage/sqlite/append_only.h"
#include "shared/storage/sqlite/sqlite_database.h"

namespace crm::testing {
namespace {

using platform::v1::AuditEntry;

void Require(const absl::Status& status) {
  if (status.ok()) return;
  std::cerr << status << "\n";
  std::abort();
}

std::string RandomText(std::mt19937_64& random) {
  std::string text(random() % 12, '\0');
  for (char& c : text) c = static_cast<char>('a' + random() % 3);
  return text;
}

absl::Time Soon() { return absl::Now() + absl::Seconds(30); }

}  // namespace

AuditEntry RandomEntry(std::mt19937_64& random) {
  AuditEntry entry;
  entry.set_name(RandomText(random));
  entry.set_actor(RandomText(random));
  for (uint64_t i = random() % 3; i > 0; --i)
    entry.add_roles(RandomText(random));
  entry.set_method(RandomText(random));
  entry.set_resource_type(RandomText(random));
  entry.set_resource(RandomText(random));
  entry.set_resource_version(static_cast<int64_t>(random() % 3) - 1);
  for (uint64_t i = random() % 3; i > 0; --i) {
    entry.add_changed_fields(RandomText(random));
  }
  entry.set_event_id(RandomText(random));
  entry.set_request_id(RandomText(random));
  entry.set_trace_id(RandomText(random));
  if (random() % 2 == 0) {
    entry.mutable_event_time()->set_seconds(static_cast<int64_t>(random() % 2));
    entry.mutable_event_time()->set_nanos(static_cast<int32_t>(random() % 2));
  }
  entry.set_outcome(static_cast<AuditEntry::Outcome>(random() % 4));
  entry.set_reason(RandomText(random));
  entry.set_call_count(static_cast<int32_t>(random() % 3));
  return entry;
}

std::vector<std::string> DumpOf(const std::string& service,
                                const std::string& tenant, int count) {
  std::mt19937_64 random(7);
  std::vector<std::string> lines;
  std::string hash = FirstAuditHash();
  for (int64_t n = 1; n <= count; ++n) {
    const std::string bytes = CanonicalBytes({tenant, n, RandomEntry(random)});
    hash = AuditHash(hash, bytes);
    lines.push_back(FormatDumpLine({service, tenant, n, hash, bytes}));
  }
  return lines;
}

Checkpoint CheckpointOf(const std::vector<std::string>& dump,
                        const PrivateKey& key) {
  const DumpLine last = *ParseDumpLine(dump.back());
  Checkpoint checkpoint{.service = last.service,
                        .tenant = last.tenant,
                        .n = last.n,
                        .hash = last.hash,
                        .time = "2026-11-27T13:00:00+00:00",
                        .key_id = "",
                        .signature = ""};
  SignCheckpoint(key, checkpoint);
  return checkpoint;
}

std::string KeySetText(const PrivateKey& key) {
  return nlohmann::json{{"keys",
                         {{{"iss", kAuditIssuer},
                           {"kid", key.Thumbprint()},
                           {"alg", "EdDSA"},
                           {"kty", "OKP"},
                           {"crv", "Ed25519"},
                           {"x", EncodeBase64Url(key.PublicBytes())}}}}}
      .dump();
}

KeySet KeysOf(const PrivateKey& key) { return *KeySet::Parse(KeySetText(key)); }

AuditStore::AuditStore() {
  folder_ =
      (std::filesystem::temp_directory_path() / "crm-audit-XXXXXX").string();
  if (mkdtemp(folder_.data()) == nullptr) std::abort();
  Require(catalog_.Add(AuditEntry::descriptor()));
  SqliteOptions options;
  options.path = folder_ + "/audit.db";
  options.min_free_bytes = 0;
  options.min_free_fraction = 0;
  auto database = OpenSqlite(options);
  Require(database.status());
  database_ = *std::move(database);
  SqlSchema schema;
  schema.tables = catalog_.Tables();
  for (SqlTable& table : OutboxTables()) {
    schema.tables.push_back(std::move(table));
  }
  schema.tables.push_back(PendingAuditTable());
  for (SqlTable& table : AuditChainTables()) {
    schema.tables.push_back(std::move(table));
  }
  Require(database_->Migrate(schema).status());
  outbox_.emplace("operational", clock_);
  Require(database_->WriteAndWait(
      Soon(), [this](SqlWriter& writer) -> absl::Status {
        CRM_RETURN_IF_ERROR(MakeAppendOnly(writer, "auditentries"));
        CRM_RETURN_IF_ERROR(MakeAppendOnly(writer, "audit_chain"));
        return outbox_->Open(writer);
      }));
  chain_.emplace("operational", catalog_);
}

AuditStore::~AuditStore() {
  database_.reset();
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

void AuditStore::Append(const std::string& tenant, bool with_entry,
                        std::string* name) {
  const std::string id = ids_.NewId();
  *name = absl::StrCat("auditEntries/operational-", id);
  Require(
      database_->WriteAndWait(Soon(), [&](SqlWriter& writer) -> absl::Status {
        internal::v1::Event event;
        event.set_id(id);
        event.set_tenant(tenant);
        event.set_type("lead.created");
        event.set_ordering_key(absl::StrCat("leads/", id));
        absl::Status status = outbox_->Append(writer, event);
        if (!status.ok() || !with_entry) return status;
        AuditEntry entry;
        entry.set_name(*name);
        entry.set_actor("user:ada");
        entry.set_resource(absl::StrCat("leads/", id));
        return catalog_.Find(AuditEntry::descriptor())
            ->table.Insert(writer, tenant, entry);
      }));
  Require(database_->WriteAndWait(Soon(), [&](SqlWriter& writer) {
    return outbox_->Number(writer, 1000).status();
  }));
}

std::string AuditStore::Write(const std::string& tenant) {
  std::string name;
  Append(tenant, /*with_entry=*/true, &name);
  return name;
}

void AuditStore::WriteBareEvent(const std::string& tenant) {
  std::string name;
  Append(tenant, /*with_entry=*/false, &name);
}

AuditChain::Step AuditStore::Plan(int max) {
  AuditChain::Step step;
  Require(database_->Read(Soon(), [&](SqlReader& reader) -> absl::Status {
    auto planned = chain_->Plan(reader, max);
    if (planned.ok()) step = *std::move(planned);
    return planned.status();
  }));
  return step;
}

absl::Status AuditStore::Apply(const AuditChain::Step& step) {
  return database_->WriteAndWait(
      Soon(), [&](SqlWriter& writer) { return chain_->Apply(writer, step); });
}

absl::Status AuditStore::Chain() { return Apply(Plan()); }

platform::v1::ReadAuditChainResponse AuditStore::Read(const std::string& tenant,
                                                      int64_t after_n,
                                                      int page_size) {
  platform::v1::ReadAuditChainRequest request;
  request.set_after_n(after_n);
  request.set_page_size(page_size);
  platform::v1::ReadAuditChainResponse response;
  Require(database_->Read(Soon(), [&](SqlReader& reader) -> absl::Status {
    auto read = chain_->Read(reader, tenant, request);
    if (read.ok()) response = *std::move(read);
    return read.status();
  }));
  return response;
}

std::vector<std::string> AuditStore::Dump(const std::string& tenant) {
  std::vector<std::string> lines;
  const platform::v1::ReadAuditChainResponse chain = Read(tenant, 0, 1000);
  for (const auto& record : chain.records()) {
    lines.push_back(FormatDumpLine(
        {"operational", tenant, record.n(), record.hash(), record.content()}));
  }
  return lines;
}

absl::Status AuditStore::Execute(const std::string& sql,
                                 const std::vector<SqlValue>& params) {
  return database_->WriteAndWait(Soon(), [&](SqlWriter& writer) {
    return writer.Execute(sql, params).status();
  });
}

}  // namespace crm::testing
