using System.Globalization;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Akka.Event;
using Akka.Remote.Transport.DotNetty;
using ConveyorActors.Cli.Usage;
using ConveyorActors.Node.Arguments;

namespace ConveyorActors.Node.Running;

/// <summary>
/// TLS between nodes. Both sides of a connection present a certificate, and each verifies that one of its authorities
/// issued the other's.
/// </summary>
static class Tls
{
    static readonly TimeSpan ExpiresSoon = TimeSpan.FromDays(30);

    /// <exception cref="NodeException">
    /// A file cannot be read, or has no key; or the other nodes would refuse the certificate. A node with such a
    /// certificate must not start: Akka ends each node that calls it.
    /// </exception>
    /// <param name="files">The files.</param>
    /// <param name="warn">Called with a sentence if a certificate expires soon.</param>
    public static DotNettySslSetup CreateSetup(TlsFiles files, Action<string>? warn = null)
    {
        var own = Load(files.Certificate, "--tls-certificate", path => LoadOwn(path, files.Password));
        if (!own.HasPrivateKey)
            throw new NodeException(
                ExitCodes.Configuration,
                $"--tls-certificate is '{files.Certificate}', which has no private key; it must be a PFX file, or a PEM file with certificate and key"
            );
        var authorities = Load(
            files.Authority,
            "--tls-authority",
            path =>
            {
                var all = new X509Certificate2Collection();
                all.ImportFromPem(InputFile.ReadText(path, InputFile.MaxKeyBytes));
                return all.Count > 0 ? all : throw new CryptographicException("it has no certificate in PEM form");
            }
        );
        if (FindFault(own, authorities) is { } why)
            throw new NodeException(
                ExitCodes.Configuration,
                $"--tls-certificate is '{files.Certificate}', which other nodes would refuse: {why}; it must be valid now, and issued by a certificate in --tls-authority '{files.Authority}'"
            );
        if (DescribeExpiry(own, authorities, TimeProvider.System.GetUtcNow()) is { } warning)
            warn?.Invoke(warning);
        return new(
            own,
            suppressValidation: false,
            requireMutualAuthentication: true,
            (certificate, _, peer, errors, log) => IsTrusted(certificate, authorities, peer, errors, log)
        );
    }

    /// <summary>
    /// Returns a warning if a certificate, or that of the authority that issued it, expires within 30 days; otherwise
    /// null.
    /// </summary>
    public static string? DescribeExpiry(
        X509Certificate2 certificate,
        X509Certificate2Collection authorities,
        DateTimeOffset now
    )
    {
        using var chain = CreateChain(authorities);
        chain.Build(certificate);
        var first = chain.ChainElements.Select(e => e.Certificate).MinBy(c => c.NotAfter)!;
        var end = first.NotAfter.ToUniversalTime();
        return end - now.UtcDateTime > ExpiresSoon
            ? null
            : string.Create(
                CultureInfo.InvariantCulture,
                $"warning: {(first.Equals(certificate) ? "--tls-certificate" : "the authority of --tls-certificate")} expires at {end:yyyy-MM-dd HH:mm} UTC; restart this node with a new certificate before then, because nodes that call it afterwards end"
            );
    }

    static X509Certificate2 LoadOwn(string path, string? password)
    {
        // Only once: a pipe has nothing more the second time.
        var bytes = InputFile.ReadBytes(path, InputFile.MaxKeyBytes);
        if (X509Certificate2.GetCertContentType(bytes) == X509ContentType.Pfx)
            return X509CertificateLoader.LoadPkcs12(bytes, password);
        var text = InputFile.DecodeText(bytes);
        if (!text.Contains("PRIVATE KEY-----", StringComparison.Ordinal))
            return X509CertificateLoader.LoadCertificate(bytes);
        using var read =
            !text.Contains("ENCRYPTED PRIVATE KEY-----", StringComparison.Ordinal)
                ? X509Certificate2.CreateFromPem(text, text)
            : password is null
                ? throw new CryptographicException("its key is encrypted, and CONVEYOR_NODE_TLS_PASSWORD is not set")
            : X509Certificate2.CreateFromEncryptedPem(text, text, password);
        // Some platforms use only keys that were loaded from a PKCS #12 file.
        return X509CertificateLoader.LoadPkcs12(read.Export(X509ContentType.Pfx), null);
    }

    static bool IsTrusted(
        X509Certificate2? certificate,
        X509Certificate2Collection authorities,
        string peer,
        SslPolicyErrors errors,
        ILoggingAdapter log
    )
    {
        if (certificate is null || errors.HasFlag(SslPolicyErrors.RemoteCertificateNotAvailable))
        {
            log.Warning("{0} presents no certificate: the connection is refused.", peer);
            return false;
        }
        if (FindFault(certificate, authorities) is not { } why)
            return true;
        log.Warning(
            "The certificate of {0} ({1}) is not accepted: {2}. The connection is refused.",
            peer,
            certificate.Subject,
            why
        );
        return false;
    }

    /// <summary>
    /// Returns why a certificate is not accepted; null: it is valid now, and one of the authorities issued it.
    /// </summary>
    static string? FindFault(X509Certificate2 certificate, X509Certificate2Collection authorities)
    {
        using var chain = CreateChain(authorities);
        return chain.Build(certificate)
            ? null
            : string.Join(", ", chain.ChainStatus.Select(s => s.StatusInformation.Trim().TrimEnd('.')));
    }

    static X509Chain CreateChain(X509Certificate2Collection authorities)
    {
        var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(authorities);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        return chain;
    }

    static T Load<T>(string path, string flag, Func<string, T> load)
    {
        try
        {
            return load(path);
        }
        catch (Exception wrong)
            when (wrong is CryptographicException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new NodeException(
                ExitCodes.Configuration,
                $"{flag} is '{path}', which cannot be used: {Messages.FormatOneLine(wrong)}",
                wrong
            );
        }
    }
}
