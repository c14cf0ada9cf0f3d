using System.Globalization;
using System.Security.Cryptography.X509Certificates;
using ConveyorActors.Node.Arguments;
using ConveyorActors.Node.Running;
using ConveyorActors.Node.Tests.Processes;

namespace ConveyorActors.Node.Tests;

public sealed class TlsTests : IDisposable
{
    readonly TemporaryFolder folder = new();
    readonly TestCertificates own,
        foreign;

    public TlsTests() => (own, foreign) = (new(folder, "own"), new(folder, "foreign"));

    public void Dispose()
    {
        own.Dispose();
        foreign.Dispose();
        folder.Dispose();
    }

    NodeProcess Start(int port, int seed, string timeout, params string[] tls) =>
        NodeProcess.Start(
            folder.Path,
            [
                "--port",
                $"{port}",
                "--seed",
                $"127.0.0.1:{seed}",
                "--seed-timeout",
                timeout,
                "--journal",
                "sqlite:journal.db",
                .. tls,
            ]
        );

    [UnixFact(Platforms.Signals)]
    public async Task Only_a_node_with_a_certificate_of_the_authority_is_admitted()
    {
        var seed = NodeProcess.FreePort();
        await using var first = Start(
            seed,
            seed,
            "60s",
            "--tls-certificate",
            own.Issue("first"),
            "--tls-authority",
            own.AuthorityFile
        );
        await first.IsUpAsync();
        Assert.Contains("TLS between nodes", first.Said, StringComparison.Ordinal);
        Assert.Contains("warning: --tls-certificate expires at ", first.Said, StringComparison.Ordinal);
        await using var second = Start(
            NodeProcess.FreePort(),
            seed,
            "60s",
            "--tls-certificate",
            own.Issue("second"),
            "--tls-authority",
            own.AuthorityFile
        );
        // A certificate of another authority, on a node that would trust ours; no TLS at all; and a node that must not
        // trust the first.
        var both = folder.Write(
            "both.authority.pem",
            File.ReadAllText(own.AuthorityFile) + "\n" + File.ReadAllText(foreign.AuthorityFile)
        );
        await using var stranger = Start(
            NodeProcess.FreePort(),
            seed,
            "4s",
            "--tls-certificate",
            foreign.Issue("stranger"),
            "--tls-authority",
            both
        );
        await using var plain = Start(NodeProcess.FreePort(), seed, "4s");
        await using var wary = Start(
            NodeProcess.FreePort(),
            seed,
            "4s",
            "--tls-certificate",
            foreign.Issue("wary"),
            "--tls-authority",
            foreign.AuthorityFile
        );
        await second.IsUpAsync();
        foreach (var refused in new[] { stranger, plain, wary })
        {
            var (exit, said) = await refused.EndAsync();
            Assert.DoesNotContain("up: ", said, StringComparison.Ordinal);
            Assert.True(said.Contains("no seed node admitted this node", StringComparison.Ordinal), said);
            Assert.Equal(ExitCodes.SeedOutOfReach, exit);
        }
        await first.HasSaidAsync("(CN=stranger) is not accepted");
        // Strangers do not harm the cluster.
        Assert.False(first.HasEnded || second.HasEnded);
        second.Signal("TERM");
        Assert.Equal(ExitCodes.Done, (await second.EndAsync()).Exit);
    }

    [Theory]
    [InlineData("no certificate", "cannot be used: ")]
    [InlineData(
        "a certificate without its key",
        "has no private key; it must be a PFX file, or a PEM file with certificate and key"
    )]
    [InlineData("a certificate with the key of another one", "cannot be used: ")]
    public async Task A_certificate_that_cannot_be_used_is_named(string content, string why)
    {
        var file = content switch
        {
            "no certificate" => folder.Write("wrong.pem", content),
            "a certificate without its key" => own.AuthorityFile,
            _ => folder.Write(
                "wrong.pem",
                File.ReadAllText(own.AuthorityFile) + "\n" + KeyIn(File.ReadAllText(own.Issue("node")))
            ),
        };
        var (exit, said) = await NodeProcess.RunAsync(
            folder.Path,
            "--port",
            "0",
            "--tls-certificate",
            file,
            "--tls-authority",
            own.AuthorityFile
        );
        Assert.Contains($"--tls-certificate is '{file}', which {why}", said, StringComparison.Ordinal);
        Assert.Equal(ExitCodes.Configuration, exit);
    }

    /// <summary>Akka ends each node that calls a node with a certificate that it does not accept.</summary>
    [Theory]
    [InlineData("expired")]
    [InlineData("not valid yet")]
    [InlineData("of another authority")]
    public void A_node_whose_certificate_the_others_would_refuse_does_not_start(string fault)
    {
        var now = DateTimeOffset.UtcNow;
        var file = fault switch
        {
            "expired" => own.Issue("node", to: now.AddMinutes(-1)),
            "not valid yet" => own.Issue("node", from: now.AddHours(1)),
            _ => foreign.Issue("node"),
        };

        var error = Assert.Throws<NodeException>(() => Tls.CreateSetup(new(file, own.AuthorityFile, null)));

        Assert.Equal(ExitCodes.Configuration, error.ExitCode);
        Assert.StartsWith(
            $"--tls-certificate is '{file}', which other nodes would refuse: ",
            error.Message,
            StringComparison.Ordinal
        );
        Assert.EndsWith(
            $"; it must be valid now, and issued by a certificate in --tls-authority '{own.AuthorityFile}'",
            error.Message,
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData(false, "--tls-certificate")]
    [InlineData(true, "the authority of --tls-certificate")]
    public void A_certificate_that_expires_within_30_days_is_warned_of(bool isAuthorityFirst, string what)
    {
        var now = DateTimeOffset.UtcNow;
        using var authority = X509CertificateLoader.LoadCertificateFromFile(own.AuthorityFile);
        var end = isAuthorityFirst ? authority.NotAfter.ToUniversalTime() : now.UtcDateTime.AddHours(2);
        var file = own.Issue("node", to: isAuthorityFirst ? now.AddDays(400) : new DateTimeOffset(end));
        using var certificate = X509Certificate2.CreateFromPem(File.ReadAllText(file));

        Assert.Null(Tls.DescribeExpiry(certificate, [authority], new DateTimeOffset(end).AddDays(-31)));
        Assert.StartsWith(
            string.Create(
                CultureInfo.InvariantCulture,
                $"warning: {what} expires at {end:yyyy-MM-dd HH:mm} UTC; restart this node with a new certificate"
            ),
            Tls.DescribeExpiry(certificate, [authority], new DateTimeOffset(end).AddDays(-29)),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Akka_has_the_type_of_the_reason_by_which_a_failed_handshake_is_recognized() =>
        Assert.Contains(
            typeof(Akka.Remote.Transport.DotNetty.DotNettySslSetup).Assembly.GetTypes(),
            type =>
                type.Name == NodeRun.HandshakeFailed && type.IsSubclassOf(typeof(Akka.Actor.CoordinatedShutdown.Reason))
        );

    static string KeyIn(string pem) => pem[pem.IndexOf("-----BEGIN PRIVATE KEY", StringComparison.Ordinal)..];

    /// <summary>As a shell gives them for <c>&lt;(command)</c>.</summary>
    [UnixFact]
    public async Task Certificates_may_come_from_pipes()
    {
        await folder.RunAsync("mkfifo certificate authority");
        string[] files = [own.Issue("piped"), own.AuthorityFile];
        string[] pipes = ["certificate", "authority"];
        var writers = pipes.Zip(files, (to, from) => folder.RunAsync($"cat '{from}' > {to}")).ToArray();

        var setup = await Task.Run(() =>
                Tls.CreateSetup(
                    new(Path.Combine(folder.Path, "certificate"), Path.Combine(folder.Path, "authority"), null)
                )
            )
            .WaitAsync(NodeProcess.Patience);

        Assert.NotNull(setup);
        await Task.WhenAll(writers).WaitAsync(NodeProcess.Patience);
    }

    [LinuxTheory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_certificate_without_an_end_is_refused(bool isAuthority)
    {
        var files = isAuthority
            ? new TlsFiles(own.Issue("node"), "/dev/zero", null)
            : new TlsFiles("/dev/zero", own.AuthorityFile, null);

        Assert.Equal(
            $"{(isAuthority ? "--tls-authority" : "--tls-certificate")} is '/dev/zero', which cannot be used: it has more than 1 MiB, which is the most that such a file may have",
            Assert.Throws<NodeException>(() => Tls.CreateSetup(files)).Message
        );
    }

    [Fact]
    public void A_password_is_not_used_for_a_key_that_is_not_encrypted() =>
        Assert.NotNull(Tls.CreateSetup(new(own.Issue("plain"), own.AuthorityFile, "of another key")));
}
