using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using ConveyorActors.Cli.Usage;
using ConveyorActors.Pipelines.Files;

namespace ConveyorActors.Cli.Serve;

/// <summary>Reads a server's certificate with its private key, and the certificates that lead to its issuer.</summary>
static class ServerCertificate
{
    const string Encrypted = "BEGIN ENCRYPTED PRIVATE KEY",
        PrivateKey = "PRIVATE KEY-----",
        CertificateLabel = "BEGIN CERTIFICATE-----";

    /// <param name="file">The certificates in PEM, or one file in PKCS#12 (.pfx, .p12).</param>
    /// <param name="keyFile">The key in PEM; null: it is in <paramref name="file"/>.</param>
    /// <param name="password">The password of the PKCS#12 file or of an encrypted key; null: none.</param>
    /// <exception cref="CertificateFileException">A file cannot be read, or has no certificate or key.</exception>
    /// <exception cref="CryptographicException">The certificate and the key do not have the required content.</exception>
    public static (X509Certificate2 Certificate, X509Certificate2Collection? Chain) Read(
        string file,
        string? keyFile,
        string? password
    )
    {
        if (Path.GetExtension(file).ToLowerInvariant() is ".pfx" or ".p12")
            return (X509CertificateLoader.LoadPkcs12(Read(file, isKey: false), password), null);
        var certificates = InputFile.DecodeText(Read(file, isKey: false));
        var key = keyFile is null ? certificates : InputFile.DecodeText(Read(keyFile, isKey: true));
        if (!certificates.Contains(CertificateLabel, StringComparison.Ordinal))
            throw new CertificateFileException("it has no certificate in PEM", isKey: false);
        if (!key.Contains(PrivateKey, StringComparison.Ordinal))
            throw new CertificateFileException("it has no private key in PEM", isKey: keyFile is not null);
        var chain = new X509Certificate2Collection();
        chain.ImportFromPem(certificates);
        if (!key.Contains(Encrypted, StringComparison.Ordinal))
            return (X509Certificate2.CreateFromPem(certificates, key), chain);
        return string.IsNullOrEmpty(password)
            ? throw new CryptographicException("its key is encrypted, and CONVEYOR_TLS_PASSWORD is not set")
            : (X509Certificate2.CreateFromEncryptedPem(certificates, key, password), chain);
    }

    static byte[] Read(string path, bool isKey)
    {
        try
        {
            return InputFile.ReadBytes(path, InputFile.MaxKeyBytes);
        }
        catch (Exception e) when (Failures.IsFileError(e))
        {
            throw new CertificateFileException(Failures.DescribeReason(e, path), isKey);
        }
    }

    /// <summary>Returns why clients will refuse the certificate at a time, or null if its dates are right.</summary>
    public static string? Validate(X509Certificate2 certificate, DateTimeOffset now)
    {
        var (from, until) = (certificate.NotBefore.ToUniversalTime(), certificate.NotAfter.ToUniversalTime());
        return now > until ? string.Create(CultureInfo.InvariantCulture, $"expired on {until:yyyy-MM-dd HH:mm} UTC")
            : now < from
                ? string.Create(CultureInfo.InvariantCulture, $"is valid only from {from:yyyy-MM-dd HH:mm} UTC on")
            : null;
    }
}
