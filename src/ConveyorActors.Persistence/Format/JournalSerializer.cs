using System.Runtime.Serialization;
using Akka.Serialization;

namespace ConveyorActors.Persistence.Format;

/// <summary>
/// Writes and reads the messages of a pipeline's journal. Each kind has a manifest, and each body a version.
/// </summary>
/// <remarks>
/// Safe for use by many threads. Unreadable bytes throw a <see cref="SerializationException"/> that names the kind and
/// the reason.
/// </remarks>
public sealed class JournalSerializer : SerializerWithStringManifest
{
    /// <summary>
    /// The number that identifies the serializer in the journal, together with the manifest. Never change it.
    /// </summary>
    public const int Id = 7042;

    const string Claimed = "claim",
        Units = "units",
        Image = "image",
        Named = "identity";
    const byte HeadVersion = 1;

    /// <summary>Initializes the serializer. Called by Akka, because the configuration names this class.</summary>
    public JournalSerializer(ExtendedActorSystem system)
        : base(system) { }

    /// <inheritdoc/>
    public override int Identifier => Id;

    /// <inheritdoc/>
    public override string Manifest(object o) =>
        o switch
        {
            EpochClaimed => Claimed,
            UnitsWritten => Units,
            PipelineSnapshotBytes => Image,
            JournalNamed => Named,
            _ => throw new SerializationException(
                $"{o?.GetType().ToString() ?? "null"} is not written to a pipeline's journal."
            ),
        };

    /// <inheritdoc/>
    public override byte[] ToBinary(object obj)
    {
        if (obj is PipelineSnapshotBytes image)
            return image.Image.ToArray();
        var to = new ByteWriter(obj is UnitsWritten { Body.Length: var length } ? length + 48 : 128);
        to.WriteByte(HeadVersion);
        switch (obj)
        {
            case EpochClaimed claimed:
                ClaimCodec.Write(to, claimed.Claim);
                break;
            case UnitsWritten units:
                to.WriteNumber(units.Epoch);
                to.WriteNumber(units.FirstUnit);
                to.WriteNumber(units.Count);
                to.WriteNumber(units.Part);
                to.WriteBlob(units.Body.Span);
                break;
            case JournalNamed named:
                to.WriteBlob(named.Identity.ToByteArray(bigEndian: true));
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
            if (manifest == Image)
                return new PipelineSnapshotBytes(bytes);
            var from = new ByteReader(bytes);
            var version = from.ReadByte();
            if (version != HeadVersion)
                throw new InvalidDataException(
                    $"it is of version {version}, and this program reads version {HeadVersion}"
                );
            return manifest switch
            {
                Claimed => new EpochClaimed(ClaimCodec.Read(ref from)),
                Units => new UnitsWritten(
                    from.ReadNumber(),
                    from.ReadNumber(),
                    from.ReadInt(),
                    from.ReadInt(),
                    from.ReadBlob().ToArray()
                ),
                Named => new JournalNamed(new(from.ReadBlob(), bigEndian: true)),
                _ => throw new InvalidDataException("the kind is not known; a later version may have written it"),
            };
        }
        catch (Exception damaged) when (damaged is InvalidDataException or ArgumentException)
        {
            throw new SerializationException(
                $"'{manifest}' of {bytes.Length} bytes in a pipeline's journal cannot be read: {damaged.Message}.",
                damaged
            );
        }
    }
}
