using System.CommandLine;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using ConveyorActors.Buffers;
using ConveyorActors.Cli.Usage;
using ConveyorActors.Http;
using ConveyorActors.Http.Server;
using Microsoft.Extensions.Configuration;

namespace ConveyorActors.Cli.Serve;

/// <summary>The options of <c>conveyor serve</c>.</summary>
sealed class ServeFlags
{
    const string KeyVariable = Usage.ApiKey.Variable;

    /// <summary>The bytes that a pipeline without a data directory may take, unless the user sets a limit.</summary>
    const long MaxBytesInMemory = 256 << 20;
    const string PasswordVariable = "CONVEYOR_TLS_PASSWORD";

    static readonly ValueKind<string> HostName = new(
        "a name of this server such as buffers.example.org",
        (string text, out string value) => Uri.CheckHostName(value = text) != UriHostNameType.Unknown
    );

    readonly Flag listen = Flag.CreateSingle(
        "--listen",
        "ADDRESS:PORT",
        "The address to listen on. Port 0 is any free port. Default: " + DefaultListen,
        ListenAddress.Kind
    );
    readonly Flag data = Flag.CreateSingle(
        "--data",
        "DIR",
        "Keep records in DIR: records acknowledged as persisted survive a crash, and unsettled records are loaded at the next start.",
        Values.DirectoryPath
    );
    readonly Flag apiKeyFile = Flag.CreateSingle(
        "--api-key-file",
        "FILE",
        $"The file with the key that requests must send; or the environment variable {KeyVariable}. At least {Usage.ApiKey.MinLength} characters.",
        Values.FilePath
    );
    readonly Option<bool> insecure = new("--insecure")
    {
        Description = "Allow plain HTTP on an address that other machines can reach, such as behind a proxy with TLS.",
    };
    readonly Flag certificate = Flag.CreateSingle(
        "--tls-certificate",
        "FILE",
        $"The certificate for TLS, with its chain: PEM, or PKCS#12 (.pfx, .p12; its password in {PasswordVariable}).",
        Values.FilePath
    );
    readonly Flag key = Flag.CreateSingle(
        "--tls-key",
        "FILE",
        "The private key of a certificate in PEM, if it is not in the same file.",
        Values.FilePath
    );
    readonly Flag allowHost = Flag.CreateRepeatable(
        "--allow-host",
        "NAME",
        "A name of this server that requests may use, besides its addresses, localhost and the machine's name. Repeatable.",
        HostName.Right
    );
    readonly Flag maxTotal = Flag.CreateSingle(
        "--max-total",
        "N",
        "Maximum records in a pipeline. Default: 100,000",
        Values.Records
    );
    readonly Flag maxPerStage = Flag.CreateSingle(
        "--max-per-stage",
        "N",
        "Maximum records waiting or leased at one stage. Default: 10,000",
        Values.Records
    );
    readonly Flag maxPerSource = Flag.CreateSingle(
        "--max-per-source",
        "N",
        "Maximum records of one source in a pipeline. Default: 5,000",
        Values.Records
    );
    readonly Flag maxBytes = Flag.CreateSingle(
        "--max-bytes",
        "SIZE",
        "Maximum bytes of records in a pipeline. Default: 256MiB; unlimited with --data",
        Values.Bytes
    );
    readonly Flag maxInMemory = Flag.CreateSingle(
        "--max-in-memory",
        "SIZE",
        "With --data: maximum bytes of each pipeline's waiting records in memory, counting 128 more for each record. Further records are only in DIR and are loaded when they are next. Default: 64MiB",
        Values.Bytes
    );
    readonly Flag threshold = Flag.CreateSingle(
        "--threshold",
        "FILL",
        "The fill at which sources are paused; they resume at three quarters of it. Default: 0.8",
        Values.Threshold
    );
    readonly Flag fullMode = Flag.CreateSingle(
        "--full-mode",
        "MODE",
        "What a full stage does: reject, wait, drop-oldest or drop-newest. Default: reject",
        Values.FullMode
    );
    readonly Flag leaseTimeout = Flag.CreateSingle(
        "--lease-timeout",
        "TIME",
        "How long a consumer may hold a lease. Default: 30s",
        Values.Duration
    );
    readonly Flag retries = Flag.CreateSingle(
        "--retries",
        "N",
        "How often a record may be returned; the next return makes it a dead letter. Default: 3",
        Values.Retries
    );
    readonly Flag duplicates = Flag.CreateSingle(
        "--duplicates",
        "N",
        "Remember the last N record ids of each stage for 10 minutes, and accept each of these ids only once. Default: off",
        Ids
    );
    readonly Flag maxBody = Flag.CreateSingle(
        "--max-body",
        "SIZE",
        "Maximum bytes of a request's body, before and after decompression. Default: 64MiB",
        Values.Bytes
    );
    readonly Flag maxRecord = Flag.CreateSingle(
        "--max-record",
        "SIZE",
        "Maximum bytes of one record. Default: 1MiB",
        Values.Line
    );
    readonly Flag stageOrder = Flag.CreateRepeatable(
        "--stage-order",
        "NAME",
        "A stage; the dashboard shows the stages in the given order, which should be the order in which records go through them. Repeatable. Default: by name",
        Values.Name.Right
    );
    readonly Flag maxPipelines = Flag.CreateSingle(
        "--max-pipelines",
        "N",
        "Maximum pipelines that requests may create. Default: 1,000",
        Pipelines
    );
    readonly Flag stopDeadline = Flag.CreateSingle(
        "--stop-deadline",
        "TIME",
        "How long consumers may take to finish when the server stops. Default: 10s",
        Values.Duration
    );

    const string DefaultListen = "127.0.0.1:7070";

    static readonly ValueKind<int> Ids = Values.CreateWholeNumber(1, 100_000_000, " ids");
    static readonly ValueKind<int> Pipelines = Values.CreateWholeNumber(1, 1_000_000, " pipelines");

    IEnumerable<Option> All =>
        [
            listen,
            data,
            apiKeyFile,
            insecure,
            certificate,
            key,
            allowHost,
            maxTotal,
            maxPerStage,
            maxPerSource,
            maxBytes,
            maxInMemory,
            threshold,
            fullMode,
            leaseTimeout,
            retries,
            duplicates,
            maxBody,
            maxRecord,
            maxPipelines,
            stageOrder,
            stopDeadline,
        ];

    public void AddTo(Command command)
    {
        foreach (var option in All)
            command.Options.Add(option);
    }

    /// <summary>
    /// Reads and checks the user's request. The result must not be used if it is null or there are errors.
    /// </summary>
    public ServeSettings? Read(ParseResult parsed, InputErrors inputErrors) =>
        SettingsFile.Load(inputErrors) is { } configuration ? Read(parsed, configuration, inputErrors) : null;

    /// <summary>Reads and checks the user's request with the settings of a configuration.</summary>
    internal ServeSettings Read(ParseResult parsed, IConfiguration configuration, InputErrors inputErrors)
    {
        var reader = new SettingReader(parsed, configuration, inputErrors);
        reader.CheckSettings(All);
        var stage = new StageSettings
        {
            FullMode = reader.Read(fullMode, Values.FullMode)?.Value ?? FullMode.Reject,
            LeaseTimeout = reader.Read(leaseTimeout, Values.Duration)?.Value ?? TimeSpan.FromSeconds(30),
            MaxRetries = reader.Read(retries, Values.Retries)?.Value ?? 3,
            Duplicates = reader.Read(duplicates, Ids) is { } ids ? new() { Count = ids.Value } : null,
        };
        var usual = new BufferSettings();
        var folder = reader.Read(data, Values.DirectoryPath)?.Value;
        var inMemory = reader.Read(maxInMemory, Values.Bytes);
        if (inMemory is not null && folder is null)
            inputErrors.Add(
                $"{inMemory.Where} is given without {data.Name}; without a data directory all waiting records are in memory, and {maxBytes.Name} limits them"
            );
        var buffers = usual with
        {
            Stage = stage,
            MaxTotalRecords = reader.Read(maxTotal, Values.Records)?.Value ?? usual.MaxTotalRecords,
            MaxPerStage = reader.Read(maxPerStage, Values.Records)?.Value ?? usual.MaxPerStage,
            MaxPerSource = reader.Read(maxPerSource, Values.Records)?.Value ?? usual.MaxPerSource,
            MaxTotalBytes = reader.Read(maxBytes, Values.Bytes)?.Value ?? (folder is null ? MaxBytesInMemory : null),
            BackpressureThreshold = reader.Read(threshold, Values.Threshold)?.Value ?? usual.BackpressureThreshold,
        };
        var api = new ConveyorHttpOptions();
        api = api with
        {
            MaxBodyBytes = Math.Max(1024, reader.Read(maxBody, Values.Bytes)?.Value ?? api.MaxBodyBytes),
            MaxRecordBytes = (int)(reader.Read(maxRecord, Values.Line)?.Value ?? api.MaxRecordBytes),
            MaxPipelines = reader.Read(maxPipelines, Pipelines)?.Value ?? api.MaxPipelines,
            StageOrder = [.. reader.ReadMany(stageOrder, Values.Name).Select(s => s.Value)],
        };
        var address = reader.Read(listen, ListenAddress.Kind);
        var (ownCertificate, chain) = ReadCertificate(reader, inputErrors);
        var server = new ConveyorServerOptions
        {
            Listen = address?.Value ?? IPEndPoint.Parse(DefaultListen),
            ApiKey = ReadKey(reader, configuration[KeyVariable], inputErrors),
            Certificate = ownCertificate,
            Chain = chain,
            AllowsPlainHttp = reader.Read(insecure),
            Hosts = [.. reader.ReadMany(allowHost, HostName).Select(h => h.Value)],
            Api = api,
            Readiness = new() { Reason = ServeSession.Loading },
        };
        if (!inputErrors.Any && server.Refusal is not null)
            inputErrors.Add(DescribeMissingKey(server, address!));
        return new(
            server,
            buffers,
            folder,
            inMemory?.Value,
            reader.Read(stopDeadline, Values.Duration)?.Value ?? TimeSpan.FromSeconds(10)
        );
    }

    string DescribeMissingKey(ConveyorServerOptions server, InputValue<IPEndPoint> address) =>
        string.IsNullOrEmpty(server.ApiKey)
            ? $"{address.Where} is {Printable.Quote(address.Text)}, which other machines can reach, and there is no API key; {KeyVariable} or {apiKeyFile.Name} must give one, or the address must be 127.0.0.1:PORT"
            : $"{address.Where} is {Printable.Quote(address.Text)}, which other machines can reach, with plain HTTP; {certificate.Name} must give a certificate, or {insecure.Name} must allow plain HTTP";

    string? ReadKey(SettingReader reader, string? variable, InputErrors inputErrors)
    {
        var file = reader.Read(apiKeyFile, Values.FilePath);
        var (where, text) = (KeyVariable, variable);
        if (file is not null)
        {
            try
            {
                (where, text) = (
                    $"the key in {file.Where} {Printable.Quote(file.Value)}",
                    InputFile.ReadText(file.Value, InputFile.MaxKeyBytes).Trim()
                );
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                inputErrors.Add(
                    $"{file.Where} is {Printable.Quote(file.Value)}, which cannot be read: {ExceptionSentence.Format(e)}; it must be a file with the key"
                );
                return null;
            }
        }
        if (text is not null && Usage.ApiKey.Validate(text) is { } why)
            inputErrors.Add($"{where} {why}");
        return text;
    }

    (X509Certificate2? Certificate, X509Certificate2Collection? Chain) ReadCertificate(
        SettingReader reader,
        InputErrors inputErrors
    )
    {
        var (file, keyFile) = (reader.Read(certificate, Values.FilePath), reader.Read(key, Values.FilePath));
        if (file is null)
        {
            if (keyFile is not null)
                inputErrors.Add($"{keyFile.Where} is given without {certificate.Name}; both must be given");
            return default;
        }
        try
        {
            return ServerCertificate.Read(
                file.Value,
                keyFile?.Value,
                Environment.GetEnvironmentVariable(PasswordVariable)
            );
        }
        catch (CertificateFileException e)
        {
            var (wrong, right) = e.IsKey
                ? (keyFile!, $"a file in PEM with the private key of the certificate in {file.Where}")
                : (file, DescribeCertificate(isWithKey: keyFile is null));
            inputErrors.Add(
                $"{wrong.Where} is {Printable.Quote(wrong.Value)}, which cannot be used: {e.Message}; it must be {right}"
            );
            return default;
        }
        catch (Exception e)
            when (e is CryptographicException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            inputErrors.Add(
                $"{file.Where} is {Printable.Quote(file.Value)}, which cannot be used{(keyFile is null ? "" : $" with {keyFile.Where} {Printable.Quote(keyFile.Value)}")}: {ExceptionSentence.Format(e)}; it must be {DescribeCertificate(isWithKey: keyFile is null)}{(keyFile is null ? "" : $", and {keyFile.Where} its private key")}"
            );
            return default;
        }
    }

    string DescribeCertificate(bool isWithKey) =>
        isWithKey
            ? $"a file with a certificate and its private key (PEM, .pfx or .p12), or {key.Name} must give the file with the key"
            : "a file in PEM with a certificate";
}
