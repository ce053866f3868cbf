#include "shared/base/digest.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

namespace crm {
namespace {

// Returns the algorithm, looked up once: finding it by its name, as SHA256()
// does for each call, takes longer than hashing a short text.
const EVP_MD* Sha256Algorithm() {
  static const EVP_MD* const kAlgorithm =
      EVP_MD_fetch(/*ctx=*/nullptr, "SHA256", /*properties=*/nullptr);
  return kAlgorithm;
}

}  // namespace

std::string Sha256(absl::string_view data) {
  std::string out(SHA256_DIGEST_LENGTH, '\0');
  EVP_Digest(data.data(), data.size(),
             reinterpret_cast<unsigned char*>(out.data()), /*size=*/nullptr,
             Sha256Algorithm(), /*impl=*/nullptr);
  return out;
}

std::string HmacSha256(absl::string_view key, absl::string_view data) {
  std::string out(SHA256_DIGEST_LENGTH, '\0');
  unsigned int length = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
       reinterpret_cast<const unsigned char*>(data.data()), data.size(),
       reinterpret_cast<unsigned char*>(out.data()), &length);
  return out;
}

bool ConstantTimeEqual(absl::string_view a, absl::string_view b) {
  return a.size() == b.size() &&
         CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

uint64_t StableHash(absl::string_view data) {
  const std::string digest = Sha256(data);
  uint64_t value = 0;
  for (size_t i = 0; i < 8; ++i) {
    value = (value << 8) | static_cast<unsigned char>(digest[i]);
  }
  return value;
}

}  // namespace crm
