using System.Runtime.Serialization;

namespace ConveyorActors.Persistence.Format;

/// <summary>A message that only its own serializer may write. Its type is marked as serializable.</summary>
/// <remarks>
/// A journal that is in use before the buffers start does not know that serializer, and would use the default one,
/// which cannot read what it writes. The default serializer asks a serializable object for its members, and gets an
/// error instead.
/// </remarks>
interface IHasOwnSerializer : ISerializable
{
    void ISerializable.GetObjectData(SerializationInfo info, StreamingContext context) =>
        throw new SerializationException(
            "the journal was in use before the buffers started, and does not know their serializer; call ConveyorSystem.Get before other actors use the journal, or put JournalConfig.For into the configuration (docs/Persistence.md)"
        );
}
