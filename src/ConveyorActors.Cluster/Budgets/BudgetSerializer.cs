using System.Runtime.Serialization;
using Akka.Configuration;
using Akka.Serialization;
using ConveyorActors.Actors.Wire;
using ConveyorActors.Buffers.Stores.Format;

namespace ConveyorActors.Cluster.Budgets;

/// <summary>Serializes the messages and events of the budgets. No type is created from a name on the wire.</summary>
/// <remarks>
/// Each row of a message is preceded by its length. Data that a later version appends to a row or a message is skipped.
/// </remarks>
sealed class BudgetSerializer(ExtendedActorSystem system) : SerializerWithStringManifest(system)
{
    /// <summary>The name of the serializer in the configuration.</summary>
    public const string Name = "conveyor-budgets";

    const string ReportManifest = "report/1",
        ReplyManifest = "reply/1",
        ChangedManifest = "changed/1",
        SnapshotManifest = "snapshot/1";

    /// <summary>The types of the messages and events.</summary>
    public static readonly Type[] Messages =
    [
        typeof(BudgetReport),
        typeof(BudgetReply),
        typeof(BudgetsChanged),
        typeof(BudgetsSnapshot),
    ];

    /// <inheritdoc/>
    public override int Identifier => 1_742_004;

    /// <summary>Gets the bindings of the serializer.</summary>
    public static Config Bindings { get; } =
        ConfigurationFactory.ParseString(
            $$"""
            akka.actor {
              serializers.{{Name}} = "{{GetTypeName(typeof(BudgetSerializer))}}"
              serialization-bindings { "{{GetTypeName(typeof(IBudgetMessage))}}" = {{Name}} }
            }
            """
        );

    /// <inheritdoc/>
    public override string Manifest(object o) =>
        o switch
        {
            BudgetReport => ReportManifest,
            BudgetReply => ReplyManifest,
            BudgetsChanged => ChangedManifest,
            BudgetsSnapshot => SnapshotManifest,
            _ => throw new SerializationException($"{o?.GetType().Name ?? "null"} is no message of the budgets."),
        };

    /// <inheritdoc/>
    public override byte[] ToBinary(object obj)
    {
        var to = new ByteWriter();
        switch (obj)
        {
            case BudgetReport m:
                to.WriteNumber(m.Number);
                WriteRows(
                    to,
                    m.Needs,
                    static (row, n) =>
                        WriteNumbers(row, n.Key, n.Epoch, n.Version, n.Bound, n.Wanted, n.IsClosed ? 1 : 0)
                );
                break;
            case BudgetReply m:
                to.WriteNumber(m.Epoch);
                to.WriteNumber(m.Number);
                to.WriteSigned(m.ValidMs);
                WriteRows(
                    to,
                    m.Grants,
                    static (row, g) =>
                        WriteNumbers(
                            row,
                            g.Key,
                            g.Epoch,
                            g.Version,
                            g.Bound,
                            g.Target,
                            g.Free,
                            g.Budget,
                            g.IsWaiting ? 1 : 0
                        )
                );
                break;
            case BudgetsChanged m:
                to.WriteNumber(m.Epoch);
                WriteStates(to, m.Accounts);
                break;
            case BudgetsSnapshot m:
                to.WriteNumber(m.Epoch);
                WriteStates(to, m.Accounts);
                break;
            default:
                _ = Manifest(obj); // throws
                break;
        }
        return to.ToArray();
    }

    /// <inheritdoc/>
    public override object FromBinary(byte[] bytes, string manifest)
    {
        ArgumentNullException.ThrowIfNull(bytes);
        try
        {
            var from = new ByteReader(bytes);
            return Read(manifest, ref from);
        }
        catch (Exception damaged) when (damaged is InvalidDataException or ArgumentException or OverflowException)
        {
            var text =
                $"A message of the budgets with the manifest '{manifest}' and {bytes.Length} bytes cannot be read: {damaged.Message}.";
            throw manifest switch
            {
                ChangedManifest or SnapshotManifest => new SerializationException(text, damaged), // from the journal
                ReportManifest or ReplyManifest => WireRefusals.Refuse(system, WireRefusals.Bytes, text, damaged),
                _ => WireRefusals.Refuse(system, WireRefusals.Manifest, text, damaged),
            };
        }
    }

    static object Read(string manifest, ref ByteReader from) =>
        manifest switch
        {
            ReportManifest => new BudgetReport(from.ReadNumber(), ReadRows(ref from, ReadNeed)),
            ReplyManifest => new BudgetReply(
                from.ReadNumber(),
                from.ReadNumber(),
                from.ReadSigned(),
                ReadRows(ref from, ReadGrant)
            ),
            ChangedManifest => new BudgetsChanged(from.ReadNumber(), ReadRows(ref from, ReadState)),
            SnapshotManifest => new BudgetsSnapshot(from.ReadNumber(), ReadRows(ref from, ReadState)),
            _ => throw new InvalidDataException("the kind is not known; a later version may have written it"),
        };

    static BudgetNeed ReadNeed(ref ByteReader row) =>
        new(
            ReadKey(ref row),
            row.ReadNumber(),
            row.ReadNumber(),
            row.ReadNumber(),
            row.ReadNumber(),
            row.ReadNumber() != 0
        );

    static BudgetGrant ReadGrant(ref ByteReader row) =>
        new(
            ReadKey(ref row),
            row.ReadNumber(),
            row.ReadNumber(),
            row.ReadNumber(),
            row.ReadNumber(),
            row.ReadNumber(),
            row.ReadNumber(),
            row.ReadNumber() != 0
        );

    static BudgetAccountState ReadState(ref ByteReader row) =>
        new(
            ReadKey(ref row),
            row.ReadNumber(),
            row.ReadNumber(),
            row.ReadNumber(),
            row.ReadNumber(),
            row.ReadNumber() != 0
        );

    delegate T ReadRow<T>(ref ByteReader from);

    static void WriteStates(ByteWriter to, IReadOnlyList<BudgetAccountState> states) =>
        WriteRows(
            to,
            states,
            static (row, s) => WriteNumbers(row, s.Key, s.Epoch, s.Version, s.Bound, s.Reserve, s.IsClosed ? 1 : 0)
        );

    static void WriteRows<T>(ByteWriter to, IReadOnlyList<T> rows, Action<ByteWriter, T> write)
    {
        to.WriteNumber(rows.Count);
        var row = new ByteWriter(64);
        foreach (var one in rows)
        {
            row.Clear();
            write(row, one);
            to.WriteBlob(row.Written);
        }
    }

    static T[] ReadRows<T>(ref ByteReader from, ReadRow<T> read)
    {
        var rows = new T[from.ReadCount()];
        for (var i = 0; i < rows.Length; i++)
        {
            var row = new ByteReader(from.ReadBlob());
            rows[i] = read(ref row);
        }
        return rows;
    }

    static void WriteNumbers(ByteWriter to, in BudgetKey key, params ReadOnlySpan<long> numbers)
    {
        to.WriteText(key.Pipeline);
        to.WriteText(key.Source);
        foreach (var number in numbers)
            to.WriteNumber(number);
    }

    static BudgetKey ReadKey(ref ByteReader from) => new(from.ReadText(), from.ReadText());

    static string GetTypeName(Type type) => $"{type.FullName}, {type.Assembly.GetName().Name}";
}
