#include "shared/redis/script.h"

#include <openssl/evp.h>

#include <algorithm>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "shared/base/status_macros.h"

namespace crm {
namespace {

std::string Sha1Hex(absl::string_view data) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  EVP_Digest(data.data(), data.size(), digest, &size, EVP_sha1(), nullptr);
  return absl::BytesToHexString(
      absl::string_view(reinterpret_cast<const char*>(digest), size));
}

RedisCommand ToCommand(const std::string& digest, const RedisScript::Run& run) {
  RedisCommand command = {"EVALSHA", digest, absl::StrCat(run.keys.size())};
  command.insert(command.end(), run.keys.begin(), run.keys.end());
  command.insert(command.end(), run.arguments.begin(), run.arguments.end());
  return command;
}

bool IsUnknownScript(const RedisReply& reply) {
  return absl::IsNotFound(reply.status());
}

}  // namespace

RedisScript::RedisScript(absl::string_view source)
    : source_(source), digest_(Sha1Hex(source)) {}

absl::StatusOr<RedisReply> RedisScript::Eval(RedisClient& client,
                                             const Run& run,
                                             absl::Duration timeout) const {
  CRM_ASSIGN_OR_RETURN(std::vector<RedisReply> replies,
                       EvalMany(client, {run}, timeout));
  CRM_RETURN_IF_ERROR(replies.front().status());
  return std::move(replies.front());
}

absl::StatusOr<std::vector<RedisReply>> RedisScript::EvalMany(
    RedisClient& client, const std::vector<Run>& runs,
    absl::Duration timeout) const {
  std::vector<RedisCommand> commands;
  commands.reserve(runs.size() + 1);
  for (const Run& run : runs) commands.push_back(ToCommand(digest_, run));
  CRM_ASSIGN_OR_RETURN(std::vector<RedisReply> replies,
                       client.Pipeline(commands, timeout));
  if (std::none_of(replies.begin(), replies.end(), IsUnknownScript)) {
    return replies;
  }
  commands.insert(commands.begin(), {"SCRIPT", "LOAD", source_});
  CRM_ASSIGN_OR_RETURN(replies, client.Pipeline(commands, timeout));
  CRM_RETURN_IF_ERROR(replies.front().status());
  replies.erase(replies.begin());
  return replies;
}

}  // namespace crm
