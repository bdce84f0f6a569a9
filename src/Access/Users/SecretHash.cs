using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Ingestion.Access.Users;

/// <summary>What is kept of a secret. Of a password <c>pbkdf2-sha256:ITERATIONS:SALT:HASH</c> (PBKDF2 with HMAC-SHA-256, RFC 8018; salt and hash in base64), which is slow on purpose; of a token, which is
/// 128 random bits or more and cannot be guessed, <c>sha256:HASH</c> (hexadecimal), which costs nothing.</summary>
internal sealed class SecretHash
{
    /// <summary>What OWASP recommends for PBKDF2 with HMAC-SHA-256.</summary>
    public const int Iterations = 600_000;

    private const string Pbkdf2 = "pbkdf2-sha256", Sha256 = "sha256";
    private const int FewestIterations = 10_000, MostIterations = 10_000_000, SaltBytes = 16, HashBytes = 32, TokenBytes = 32;
    private readonly int iterations;
    private readonly byte[] salt, hash;

    private SecretHash(int iterations, byte[] salt, byte[] hash) => (this.iterations, this.salt, this.hash) = (iterations, salt, hash);

    /// <summary>Whether a check takes long.</summary>
    public bool IsSlow => iterations > 0;

    public static SecretHash OfPassword(string password, int iterations = Iterations)
    {
        var salt = RandomNumberGenerator.GetBytes(SaltBytes);
        return new SecretHash(iterations, salt, Derive(password, salt, iterations));
    }

    /// <summary>Of no password, and as slow as one's.</summary>
    public static SecretHash OfNothing(int iterations = Iterations) => new(iterations, RandomNumberGenerator.GetBytes(SaltBytes), RandomNumberGenerator.GetBytes(HashBytes));

    public static SecretHash OfToken(string token) => new(0, [], SHA256.HashData(Encoding.UTF8.GetBytes(token)));

    /// <summary>256 random bits, as they may stand in a URL or a header.</summary>
    public static string NewToken() => Convert.ToBase64String(RandomNumberGenerator.GetBytes(TokenBytes)).TrimEnd('=').Replace('+', '-').Replace('/', '_');

    /// <exception cref="FormatException">It has neither form.</exception>
    public static SecretHash Parse(string text)
    {
        var parts = text.Split(':');
        try
        {
            switch (parts)
            {
                case [Sha256, var hex] when Convert.FromHexString(hex) is { Length: HashBytes } hash: return new SecretHash(0, [], hash);
                case [Pbkdf2, var count, var salt, var derived] when int.TryParse(count, NumberStyles.None, CultureInfo.InvariantCulture, out var iterations):
                    if (iterations is < FewestIterations or > MostIterations) throw new FormatException($"{iterations} iterations are not between {FewestIterations} and {MostIterations}");
                    if (Convert.FromBase64String(salt) is { Length: >= SaltBytes } saltBytes && Convert.FromBase64String(derived) is { Length: HashBytes } hashBytes) return new SecretHash(iterations, saltBytes, hashBytes);
                    break;
            }
        }
        catch (FormatException e) { throw new FormatException($"is no hash of a secret, as `overlord hash-password` prints it: {e.Message}", e); }
        throw new FormatException("is no hash of a secret, as `overlord hash-password` prints it"); // the text itself may be a secret that was pasted here by mistake
    }

    /// <summary>Takes the same time whatever is wrong about the secret.</summary>
    public bool Matches(string secret) => CryptographicOperations.FixedTimeEquals(IsSlow ? Derive(secret, salt, iterations) : SHA256.HashData(Encoding.UTF8.GetBytes(secret)), hash);

    public override string ToString() => IsSlow
        ? string.Create(CultureInfo.InvariantCulture, $"{Pbkdf2}:{iterations}:{Convert.ToBase64String(salt)}:{Convert.ToBase64String(hash)}") : $"{Sha256}:{Convert.ToHexStringLower(hash)}";

    private static byte[] Derive(string password, byte[] salt, int iterations) => Rfc2898DeriveBytes.Pbkdf2(Encoding.UTF8.GetBytes(password), salt, iterations, HashAlgorithmName.SHA256, HashBytes);
}
