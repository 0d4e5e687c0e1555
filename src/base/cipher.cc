// AES-256-GCM by OpenSSL, with a nonce of 96 random bits for each text.
#include "base/cipher.h"

#include <openssl/evp.h>
#include <openssl/rand.h>

#include <memory>

#include "base/check.h"

namespace penstock {
namespace {

constexpr std::size_t kNonceBytes = 12;
constexpr std::size_t kTagBytes = 16;

struct FreeContext {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, FreeContext>;

const unsigned char* in(std::string_view bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}
unsigned char* out(std::string& bytes, std::size_t at = 0) {
  return reinterpret_cast<unsigned char*>(bytes.data()) + at;
}

std::string random_bytes(std::size_t count) {
  std::string bytes(count, '\0');
  CHECK(RAND_bytes(out(bytes), static_cast<int>(count)) == 1);
  return bytes;
}

}  // namespace

std::string new_data_key() { return random_bytes(kDataKeyBytes); }

std::string seal(std::string_view key, std::string_view context, std::string_view plain) {
  CHECK(key.size() == kDataKeyBytes);
  std::string sealed = random_bytes(kNonceBytes);
  sealed.resize(kNonceBytes + plain.size() + kTagBytes);
  const CipherContext cipher(EVP_CIPHER_CTX_new());
  int length = 0;
  CHECK(EVP_EncryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, in(key), out(sealed)) == 1);
  CHECK(EVP_EncryptUpdate(cipher.get(), nullptr, &length, in(context),
                          static_cast<int>(context.size())) == 1);
  CHECK(EVP_EncryptUpdate(cipher.get(), out(sealed, kNonceBytes), &length, in(plain),
                          static_cast<int>(plain.size())) == 1);
  CHECK(EVP_EncryptFinal_ex(cipher.get(), out(sealed, kNonceBytes + plain.size()), &length) == 1);
  CHECK(EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_GET_TAG, kTagBytes,
                            out(sealed, kNonceBytes + plain.size())) == 1);
  return sealed;
}

std::optional<std::string> unseal(std::string_view key, std::string_view context,
                                  std::string_view sealed) {
  if (key.size() != kDataKeyBytes || sealed.size() < kNonceBytes + kTagBytes) return std::nullopt;
  const std::size_t size = sealed.size() - kNonceBytes - kTagBytes;
  std::string tag(sealed.substr(kNonceBytes + size));
  std::string plain(size, '\0');
  const CipherContext cipher(EVP_CIPHER_CTX_new());
  int length = 0;
  CHECK(EVP_DecryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, in(key), in(sealed)) == 1);
  CHECK(EVP_DecryptUpdate(cipher.get(), nullptr, &length, in(context),
                          static_cast<int>(context.size())) == 1);
  CHECK(EVP_DecryptUpdate(cipher.get(), out(plain), &length, in(sealed.substr(kNonceBytes)),
                          static_cast<int>(size)) == 1);
  CHECK(EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_SET_TAG, kTagBytes, out(tag)) == 1);
  if (EVP_DecryptFinal_ex(cipher.get(), out(plain, size), &length) != 1) return std::nullopt;
  return plain;
}

}  // namespace penstock
