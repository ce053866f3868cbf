#include "shared/auth/public_key.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>

#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "shared/auth/base64url.h"
#include "shared/auth/json_object.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"

namespace crm {
namespace {

constexpr int kMinRsaBits = 2048;
// More than anyone uses, and still checked in about a millisecond.
constexpr int kMaxRsaBits = 8192;
constexpr size_t kMaxRsaExponentBytes = 4;
constexpr size_t kP256Bytes = 32;
constexpr size_t kEd25519KeyBytes = 32;
constexpr size_t kEd25519SignatureBytes = 64;

template <auto Free>
struct Deleter {
  template <typename T>
  void operator()(T* object) const {
    Free(object);
  }
};
template <typename T, auto Free>
using Owned = std::unique_ptr<T, Deleter<Free>>;

using BigNumber = Owned<BIGNUM, BN_free>;
using ParamBuilder = Owned<OSSL_PARAM_BLD, OSSL_PARAM_BLD_free>;
using Params = Owned<OSSL_PARAM, OSSL_PARAM_free>;
using KeyContext = Owned<EVP_PKEY_CTX, EVP_PKEY_CTX_free>;
using DigestContext = Owned<EVP_MD_CTX, EVP_MD_CTX_free>;
using EcdsaSignature = Owned<ECDSA_SIG, ECDSA_SIG_free>;

const unsigned char* Bytes(absl::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

BigNumber ToNumber(absl::string_view bytes) {
  return BigNumber(
      BN_bin2bn(Bytes(bytes), static_cast<int>(bytes.size()), nullptr));
}

absl::Status BadKey(absl::string_view what) {
  ERR_clear_error();
  return InvalidArgument("BAD_KEY", what);
}

// Returns the decoded member `name`, or an error that names it.
absl::StatusOr<std::string> Parameter(const nlohmann::json& entry,
                                      const char* name) {
  const auto text = FindString(entry, name);
  const auto bytes =
      text.has_value() ? DecodeBase64Url(*text) : std::optional<std::string>();
  if (!bytes.has_value() || bytes->empty()) {
    return BadKey(
        absl::StrCat("The key has no base64url member '", name, "'."));
  }
  return *bytes;
}

EvpKey Build(const char* type, OSSL_PARAM_BLD* builder) {
  const Params params(OSSL_PARAM_BLD_to_param(builder));
  const KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
  EVP_PKEY* key = nullptr;
  if (params == nullptr || context == nullptr ||
      EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY,
                        params.get()) != 1) {
    return nullptr;
  }
  return EvpKey(key);
}

absl::StatusOr<EvpKey> RsaKey(const nlohmann::json& entry) {
  CRM_ASSIGN_OR_RETURN(const std::string modulus, Parameter(entry, "n"));
  CRM_ASSIGN_OR_RETURN(const std::string exponent, Parameter(entry, "e"));
  if (modulus.size() > kMaxRsaBits / 8 ||
      exponent.size() > kMaxRsaExponentBytes) {
    return BadKey("The RSA key is too large.");
  }
  const BigNumber n = ToNumber(modulus);
  const BigNumber e = ToNumber(exponent);
  if (BN_num_bits(n.get()) < kMinRsaBits) {
    return BadKey(absl::StrCat("An RSA key has at least ", kMinRsaBits,
                               " bits; this one is weaker."));
  }
  if (BN_is_odd(n.get()) == 0 || BN_is_odd(e.get()) == 0 ||
      BN_is_one(e.get()) == 1) {
    return BadKey("The numbers of the RSA key are not those of a key.");
  }
  const ParamBuilder builder(OSSL_PARAM_BLD_new());
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get());
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get());
  EvpKey key = Build("RSA", builder.get());
  if (key == nullptr) return BadKey("The RSA key is malformed.");
  return key;
}

absl::StatusOr<EvpKey> P256Key(const nlohmann::json& entry) {
  CRM_ASSIGN_OR_RETURN(const std::string x, Parameter(entry, "x"));
  CRM_ASSIGN_OR_RETURN(const std::string y, Parameter(entry, "y"));
  if (FindString(entry, "crv") != "P-256" || x.size() != kP256Bytes ||
      y.size() != kP256Bytes) {
    return BadKey("A key for ES256 is a point of P-256.");
  }
  // SEC 1: 4 announces an uncompressed point.
  const std::string point = absl::StrCat("\x04", x, y);
  const ParamBuilder builder(OSSL_PARAM_BLD_new());
  OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME,
                                  "prime256v1", 0);
  OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY,
                                   point.data(), point.size());
  EvpKey key = Build("EC", builder.get());
  const KeyContext context(
      key == nullptr ? nullptr : EVP_PKEY_CTX_new(key.get(), nullptr));
  if (context == nullptr || EVP_PKEY_public_check(context.get()) != 1) {
    return BadKey("The point is not on the curve P-256.");
  }
  return key;
}

absl::StatusOr<EvpKey> Ed25519Key(const nlohmann::json& entry) {
  CRM_ASSIGN_OR_RETURN(const std::string x, Parameter(entry, "x"));
  if (FindString(entry, "crv") != "Ed25519" || x.size() != kEd25519KeyBytes) {
    return BadKey("A key for EdDSA is one of Ed25519.");
  }
  EvpKey key(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, Bytes(x),
                                         x.size()));
  if (key == nullptr) return BadKey("The Ed25519 key is malformed.");
  return key;
}

absl::string_view KeyTypeOf(JwtAlgorithm algorithm) {
  switch (algorithm) {
    case JwtAlgorithm::kRs256:
    case JwtAlgorithm::kPs256:
      return "RSA";
    case JwtAlgorithm::kEs256:
      return "EC";
    case JwtAlgorithm::kEdDsa:
      return "OKP";
  }
  return "";
}

// Tokens hold r and s side by side, OpenSSL reads them as ASN.1. Returns "" for
// a signature of another length.
std::string EcdsaToDer(absl::string_view signature) {
  if (signature.size() != 2 * kP256Bytes) return "";
  const EcdsaSignature pair(ECDSA_SIG_new());
  // ECDSA_SIG_set0 takes the numbers over.
  ECDSA_SIG_set0(pair.get(),
                 ToNumber(signature.substr(0, kP256Bytes)).release(),
                 ToNumber(signature.substr(kP256Bytes)).release());
  unsigned char* der = nullptr;
  const int size = i2d_ECDSA_SIG(pair.get(), &der);
  if (size <= 0) return "";
  std::string out(reinterpret_cast<char*>(der), static_cast<size_t>(size));
  OPENSSL_free(der);
  return out;
}

}  // namespace

std::optional<JwtAlgorithm> FindJwtAlgorithm(absl::string_view name) {
  if (name == "RS256") return JwtAlgorithm::kRs256;
  if (name == "PS256") return JwtAlgorithm::kPs256;
  if (name == "ES256") return JwtAlgorithm::kEs256;
  if (name == "EdDSA") return JwtAlgorithm::kEdDsa;
  return std::nullopt;
}

absl::StatusOr<PublicKey> PublicKey::FromJwk(const nlohmann::json& entry,
                                             JwtAlgorithm algorithm) {
  for (const char* secret : {"d", "p", "q", "dp", "dq", "qi", "oth", "k"}) {
    if (entry.contains(secret)) {
      return BadKey("The entry holds a private key; replace that key.");
    }
  }
  if (FindString(entry, "kty") != std::string(KeyTypeOf(algorithm))) {
    return BadKey("The key type does not fit the algorithm.");
  }
  switch (algorithm) {
    case JwtAlgorithm::kRs256:
    case JwtAlgorithm::kPs256: {
      CRM_ASSIGN_OR_RETURN(EvpKey key, RsaKey(entry));
      return PublicKey(algorithm, std::move(key));
    }
    case JwtAlgorithm::kEs256: {
      CRM_ASSIGN_OR_RETURN(EvpKey key, P256Key(entry));
      return PublicKey(algorithm, std::move(key));
    }
    case JwtAlgorithm::kEdDsa: {
      CRM_ASSIGN_OR_RETURN(EvpKey key, Ed25519Key(entry));
      return PublicKey(algorithm, std::move(key));
    }
  }
  return BadKey("The algorithm is not supported.");
}

bool PublicKey::Verify(absl::string_view data,
                       absl::string_view signature) const {
  const EVP_MD* digest = EVP_sha256();
  std::string der;
  if (algorithm_ == JwtAlgorithm::kEs256) {
    der = EcdsaToDer(signature);
    if (der.empty()) return false;
    signature = der;
  } else if (algorithm_ == JwtAlgorithm::kEdDsa) {
    if (signature.size() != kEd25519SignatureBytes) return false;
    digest = nullptr;  // Ed25519 hashes by itself.
  }
  const DigestContext context(EVP_MD_CTX_new());
  EVP_PKEY_CTX* key_context = nullptr;  // Belongs to `context`.
  bool ready = EVP_DigestVerifyInit(context.get(), &key_context, digest,
                                    nullptr, key_.get()) == 1;
  if (ready && algorithm_ == JwtAlgorithm::kPs256) {
    ready =
        EVP_PKEY_CTX_set_rsa_padding(key_context, RSA_PKCS1_PSS_PADDING) == 1 &&
        EVP_PKEY_CTX_set_rsa_pss_saltlen(key_context, RSA_PSS_SALTLEN_DIGEST) ==
            1;
  }
  const bool verified =
      ready &&
      EVP_DigestVerify(context.get(), Bytes(signature), signature.size(),
                       Bytes(data), data.size()) == 1;
  if (!verified) ERR_clear_error();
  return verified;
}

}  // namespace crm
