using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using ConveyorActors.Cli.Serve;

namespace ConveyorActors.Cli.Tests.Serve;

/// <summary>Certificates of a server in the files that users have.</summary>
public sealed class ServerCertificateTests : IDisposable
{
    const string Password = "a password";

    readonly string folder = Directory.CreateTempSubdirectory("conveyor-certificate-").FullName;
    readonly RSA key = RSA.Create(2048);
    readonly X509Certificate2 made;

    public ServerCertificateTests()
    {
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var now = TimeProvider.System.GetUtcNow();
        made = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
    }

    public void Dispose()
    {
        made.Dispose();
        key.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    string Write(string name, string text)
    {
        var path = Path.Combine(folder, name);
        File.WriteAllText(path, text);
        return path;
    }

    string EncryptedKey() =>
        key.ExportEncryptedPkcs8PrivateKeyPem(
            Password,
            new PbeParameters(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 1_000)
        );

    void IsThat((X509Certificate2 Certificate, X509Certificate2Collection? Chain) read)
    {
        using var certificate = read.Certificate;
        Assert.Equal((made.Thumbprint, true), (certificate.Thumbprint, certificate.HasPrivateKey));
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public void The_key_of_a_PEM_certificate_is_in_the_same_file_or_in_another_one(bool isEncrypted, bool isOneFile)
    {
        var (certificate, keyText) = (
            made.ExportCertificatePem(),
            isEncrypted ? EncryptedKey() : key.ExportPkcs8PrivateKeyPem()
        );
        var file = Write("server.pem", isOneFile ? $"{certificate}\n{keyText}" : certificate);

        IsThat(ServerCertificate.Read(file, isOneFile ? null : Write("server.key", keyText), Password));
    }

    [Fact]
    public async Task A_key_of_another_certificate_is_named_with_both_files()
    {
        using var own = ECDsa.Create();
        using var other = ECDsa.Create();
        var request = new CertificateRequest("CN=localhost", own, HashAlgorithmName.SHA256);
        using var issued = request.CreateSelfSigned(made.NotBefore, made.NotAfter);
        var (certificate, otherKey) = (
            Write("server.pem", issued.ExportCertificatePem()),
            Write("other.key", other.ExportPkcs8PrivateKeyPem())
        );

        var (exit, _, error) = await TestTerminal.ConveyorAsync([
            "serve",
            "--tls-certificate",
            certificate,
            "--tls-key",
            otherKey,
        ]);

        Assert.Equal(ExitCodes.Usage, exit);
        Assert.Contains(
            $"--tls-certificate is '{certificate}', which cannot be used with --tls-key '{otherKey}': ",
            error,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void A_certificate_whose_dates_are_wrong_is_named()
    {
        var now = TimeProvider.System.GetUtcNow();

        Assert.Null(ServerCertificate.Validate(made, now));
        Assert.Equal(
            $"expired on {made.NotAfter.ToUniversalTime():yyyy-MM-dd HH:mm} UTC",
            ServerCertificate.Validate(made, now.AddDays(2))
        );
        Assert.Equal(
            $"is valid only from {made.NotBefore.ToUniversalTime():yyyy-MM-dd HH:mm} UTC on",
            ServerCertificate.Validate(made, now.AddDays(-2))
        );
    }

    [Fact]
    public void A_PKCS12_file_is_read_with_its_password()
    {
        var path = Path.Combine(folder, "server.pfx");
        File.WriteAllBytes(path, made.Export(X509ContentType.Pkcs12, Password));

        IsThat(ServerCertificate.Read(path, null, Password));
    }

    [Fact]
    public void An_encrypted_key_without_a_password_is_named()
    {
        var file = Write("server.pem", $"{made.ExportCertificatePem()}\n{EncryptedKey()}");

        var error = Assert.Throws<CryptographicException>(() => ServerCertificate.Read(file, null, null));

        Assert.Equal("its key is encrypted, and CONVEYOR_TLS_PASSWORD is not set", error.Message);
    }

    [Theory]
    [InlineData("missing.pem")]
    [InlineData("missing.pfx")]
    public async Task A_missing_certificate_is_named_with_its_flag(string name)
    {
        var path = Path.Combine(folder, name);

        await AssertRefusedAsync(
            $"--tls-certificate is '{path}', which cannot be used: no such file; it must be a file with a certificate and its private key (PEM, .pfx or .p12), or --tls-key must give the file with the key",
            "--tls-certificate",
            path
        );
    }

    [Fact]
    public async Task A_certificate_without_a_key_points_to_the_flag_of_the_key()
    {
        var path = Write("server.pem", made.ExportCertificatePem());

        await AssertRefusedAsync(
            $"--tls-certificate is '{path}', which cannot be used: it has no private key in PEM; it must be a file with a certificate and its private key (PEM, .pfx or .p12), or --tls-key must give the file with the key",
            "--tls-certificate",
            path
        );
    }

    [Theory]
    [InlineData(null, "no such file")]
    [InlineData("nothing", "it has no private key in PEM")]
    public async Task A_file_without_the_key_is_named_with_its_flag(string? content, string why)
    {
        var path = Path.Combine(folder, "server.key");
        if (content is not null)
            Write("server.key", content);

        await AssertRefusedAsync(
            $"--tls-key is '{path}', which cannot be used: {why}; it must be a file in PEM with the private key of the certificate in --tls-certificate",
            "--tls-certificate",
            Write("server.pem", made.ExportCertificatePem()),
            "--tls-key",
            path
        );
    }

    static async Task AssertRefusedAsync(string says, params string[] flags)
    {
        var (exit, _, error) = await TestTerminal.ConveyorAsync(["serve", .. flags]);

        Assert.Equal(ExitCodes.Usage, exit);
        Assert.Contains(says, error, StringComparison.Ordinal);
    }
}
