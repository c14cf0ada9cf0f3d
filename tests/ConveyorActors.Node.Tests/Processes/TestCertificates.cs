using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace ConveyorActors.Node.Tests.Processes;

/// <summary>An authority of the test's own, and certificates that it issues.</summary>
sealed class TestCertificates : IDisposable
{
    readonly TemporaryFolder folder;
    readonly ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    readonly X509Certificate2 authority;

    public TestCertificates(TemporaryFolder folder, string name)
    {
        this.folder = folder;
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        authority = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        AuthorityFile = folder.Write($"{name}.authority.pem", authority.ExportCertificatePem());
    }

    public string AuthorityFile { get; }

    /// <summary>Returns a PEM file with a certificate and its key.</summary>
    /// <param name="name">The name in the certificate and of the file.</param>
    /// <param name="from">The start of its validity; null: that of the authority.</param>
    /// <param name="to">The end of its validity; null: that of the authority.</param>
    public string Issue(string name, DateTimeOffset? from = null, DateTimeOffset? to = null)
    {
        using var own = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", own, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        // Unlike with the authority's certificate, the end may be later than that of the authority.
        using var issued = request.Create(
            authority.SubjectName,
            X509SignatureGenerator.CreateForECDsa(key),
            from ?? authority.NotBefore,
            to ?? authority.NotAfter,
            RandomNumberGenerator.GetBytes(8)
        );
        return folder.Write($"{name}.pem", issued.ExportCertificatePem() + "\n" + own.ExportPkcs8PrivateKeyPem());
    }

    public void Dispose()
    {
        authority.Dispose();
        key.Dispose();
    }
}
