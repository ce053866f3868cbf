#include "shared/auth/private_key.h"

#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/str_cat.h"
#include "shared/auth/base64url.h"
#include "shared/auth/certificate.h"
#include "shared/auth/json_object.h"
#include "shared/auth/key_set.h"
#include "shared/base/digest.h"
#include "shared/base/errors.h"
#include "shared/base/secret_file.h"
#include "shared/base/status_macros.h"

namespace crm {
namespace {

constexpr size_t kPublicBytes = 32;
constexpr size_t kSignatureBytes = 64;
constexpr size_t kMaxFileBytes = 64 << 10;

struct FreeContext {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

absl::Status FileError(absl::string_view reason, absl::string_view path,
                       absl::string_view what) {
  ERR_clear_error();
  return FailedPrecondition(reason, absl::StrCat("'", path, "' ", what, "."));
}

// Writes `text` to a new file and to the disk.
absl::Status WriteNewFile(const std::string& path, absl::string_view text,
                          mode_t mode) {
  const int file =
      open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
  if (file < 0 && errno == EEXIST) {
    return FileError("KEY_FILE_EXISTS", path,
                     "exists already; choose another name");
  }
  if (file < 0) return FileError("KEY_FILE_UNWRITABLE", path, "cannot be made");
  const bool written = write(file, text.data(), text.size()) ==
                           static_cast<ssize_t>(text.size()) &&
                       fchmod(file, mode) == 0 && fsync(file) == 0;
  close(file);
  if (written) return absl::OkStatus();
  unlink(path.c_str());
  return FileError("KEY_FILE_UNWRITABLE", path, "cannot be written");
}

}  // namespace

absl::StatusOr<PrivateKey> PrivateKey::Generate() {
  EvpKey key(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
  if (key == nullptr) {
    ERR_clear_error();
    return Internal("KEY_FAILURE", "OpenSSL cannot make a key.");
  }
  return PrivateKey(std::move(key));
}

absl::StatusOr<PrivateKey> PrivateKey::ReadFile(absl::string_view path) {
  CRM_RETURN_IF_ERROR(CheckPrivate(path));
  const absl::StatusOr<std::string> text = ReadWholeFile(path, kMaxFileBytes);
  EvpKey key = text.ok() ? ParsePrivateKey(*text) : nullptr;
  if (key == nullptr || EVP_PKEY_get_id(key.get()) != EVP_PKEY_ED25519) {
    return FileError("KEY_FILE_UNREADABLE", path,
                     "does not hold an Ed25519 private key that can be read");
  }
  return PrivateKey(std::move(key));
}

absl::Status PrivateKey::WriteFile(absl::string_view path) const {
  const Bio bio(BIO_new(BIO_s_secmem()));
  char* text = nullptr;
  if (bio == nullptr ||
      PEM_write_bio_PKCS8PrivateKey(bio.get(), key_.get(), nullptr, nullptr, 0,
                                    nullptr, nullptr) != 1) {
    ERR_clear_error();
    return Internal("KEY_FAILURE", "OpenSSL cannot write the key.");
  }
  const long size = BIO_get_mem_data(bio.get(), &text);
  return WriteNewFile(std::string(path),
                      absl::string_view(text, static_cast<size_t>(size)), 0400);
}

std::string PrivateKey::Sign(absl::string_view data) const {
  const std::unique_ptr<EVP_MD_CTX, FreeContext> context(EVP_MD_CTX_new());
  std::string signature(kSignatureBytes, '\0');
  size_t size = signature.size();
  EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key_.get());
  EVP_DigestSign(
      context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size,
      reinterpret_cast<const unsigned char*>(data.data()), data.size());
  return signature;
}

std::string PrivateKey::PublicBytes() const {
  std::string bytes(kPublicBytes, '\0');
  size_t size = bytes.size();
  EVP_PKEY_get_raw_public_key(
      key_.get(), reinterpret_cast<unsigned char*>(bytes.data()), &size);
  return bytes;
}

std::string PrivateKey::Thumbprint() const {
  // The required members in alphabetical order, without spaces.
  return EncodeBase64Url(
      Sha256(absl::StrCat(R"({"crv":"Ed25519","kty":"OKP","x":")",
                          EncodeBase64Url(PublicBytes()), R"("})")));
}

absl::Status AddToKeySetFile(absl::string_view path, absl::string_view issuer,
                             absl::string_view key_id, const PrivateKey& key) {
  const std::string file_name(path);
  nlohmann::json document = {{"keys", nlohmann::json::array()}};
  if (std::ifstream in(file_name, std::ios::binary); in.is_open()) {
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    CRM_ASSIGN_OR_RETURN(const KeySet present, KeySet::Parse(text));
    if (present.Find(issuer, key_id) != nullptr) {
      return AlreadyExists("KEY_EXISTS",
                           absl::StrCat("Issuer '", issuer, "' has a key '",
                                        key_id, "' already."));
    }
    document = *ParseJsonObject(text);
  }
  document["keys"].push_back({{"iss", std::string(issuer)},
                              {"kid", std::string(key_id)},
                              {"alg", "EdDSA"},
                              {"use", "sig"},
                              {"kty", "OKP"},
                              {"crv", "Ed25519"},
                              {"x", EncodeBase64Url(key.PublicBytes())}});
  const std::string text = absl::StrCat(
      document.dump(2, ' ', false, nlohmann::json::error_handler_t::replace),
      "\n");
  CRM_RETURN_IF_ERROR(KeySet::Parse(text).status());

  const std::string draft = absl::StrCat(file_name, ".", getpid(), ".new");
  CRM_RETURN_IF_ERROR(WriteNewFile(draft, text, 0644));
  if (std::rename(draft.c_str(), file_name.c_str()) != 0) {
    unlink(draft.c_str());
    return FileError("KEY_FILE_UNWRITABLE", path, "cannot be replaced");
  }
  return absl::OkStatus();
}

}  // namespace crm
