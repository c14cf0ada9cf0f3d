using System.CommandLine;
using ConveyorActors.Cli.Usage;
using ConveyorActors.Node.Journals;

namespace ConveyorActors.Node.Arguments;

/// <summary>Reads flags, and the environment variables of flags that are not given.</summary>
/// <param name="flags">The flags.</param>
/// <param name="parsed">The command line.</param>
/// <param name="environment">Returns the value of an environment variable; null: it is not set.</param>
/// <param name="inputErrors">Receives the errors.</param>
sealed class NodeArgumentsReader(
    NodeFlags flags,
    ParseResult parsed,
    Func<string, string?> environment,
    InputErrors inputErrors
)
{
    public NodeArguments Read() =>
        new()
        {
            Host = ReadOne(flags.Host, Kinds.Host),
            Port = ReadOne<int?>(flags.Port, Kinds.Port),
            Seeds = ReadMany(flags.Seed, Kinds.Seed),
            Roles = ReadMany(flags.Role, Kinds.Role),
            Journal = ReadJournal(),
            ConfigFile = ReadOne(flags.ConfigFile, Kinds.File),
            IsFast = parsed.GetValue(flags.Fast) || Switch("CONVEYOR_NODE_FAST"),
            SeedTimeout = ReadOne<TimeSpan?>(flags.SeedTimeout, Kinds.Time),
            Tls = ReadTls(),
            IsInspected = parsed.GetValue(flags.Inspect) || Switch("CONVEYOR_NODE_INSPECT"),
            JournalPassword = environment("CONVEYOR_NODE_JOURNAL_PASSWORD"),
        };

    T? ReadOne<T>(NodeFlag flag, ValueKind<T> kind) =>
        flag.Read(parsed, environment) is [var (where, text), ..] && inputErrors.Read(kind, where, text) is { } given
            ? given.Value
            : default;

    IReadOnlyList<T> ReadMany<T>(NodeFlag flag, ValueKind<T> kind) =>
        [
            .. flag.Read(parsed, environment)
                .Select(v => inputErrors.Read(kind, v.Where, v.Text))
                .Where(v => v is not null)
                .Select(v => v!.Value),
        ];

    bool Switch(string variable) =>
        environment(variable) is { Length: > 0 } text
        && (inputErrors.Read(Kinds.Switch, variable, text)?.Value ?? false);

    JournalAddress? ReadJournal()
    {
        if (flags.Journal.Read(parsed, environment) is not [var (where, text), ..])
            return null;
        try
        {
            return JournalAddress.Parse(text, where, mayHavePassword: where == flags.Journal.Variable);
        }
        catch (FormatException wrong)
        {
            inputErrors.Add(wrong.Message);
            return null;
        }
    }

    TlsFiles? ReadTls()
    {
        var (certificate, authority) = (
            ReadOne(flags.TlsCertificate, Kinds.File),
            ReadOne(flags.TlsAuthority, Kinds.File)
        );
        if (certificate is null != authority is null)
            inputErrors.Add(
                $"{(certificate is null ? "--tls-authority" : "--tls-certificate")} is given without {(certificate is null ? "--tls-certificate" : "--tls-authority")}; both sides of a connection are verified, so both are needed"
            );
        return certificate is null || authority is null
            ? null
            : new(certificate, authority, environment("CONVEYOR_NODE_TLS_PASSWORD"));
    }
}
