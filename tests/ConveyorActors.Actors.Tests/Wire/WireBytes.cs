using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace ConveyorActors.Actors.Tests.Wire;

/// <summary>
/// A message's bytes taken apart by the wire's own description, to be put together again as other versions of us would
/// have written them.
/// </summary>
sealed class WireBytes
{
    readonly IMessage root;

    public WireBytes(string name, byte[] bytes)
    {
        var type = typeof(ConveyorActors.Actors.Wire.ConveyorSerializer).Assembly.GetType(
            $"ConveyorActors.Actors.Wire.Proto.{name}",
            throwOnError: true
        )!;
        root = (IMessage)Activator.CreateInstance(type)!;
        root.MergeFrom(bytes);
    }

    /// <summary>
    /// The bytes with every part, however deep, having fields that nobody knows, one of each wire type.
    /// </summary>
    public byte[] WithUnknownFields()
    {
        var copy = root.Descriptor.Parser.ParseFrom(root.ToByteArray());
        foreach (var part in PartsOf(copy))
            part.MergeFrom(UnknownFields());
        return copy.ToByteArray();
    }

    /// <summary>The bytes with one field missing: each in turn, however deep.</summary>
    public IEnumerable<(FieldDescriptor Field, byte[] Bytes)> WithoutEachField() =>
        Changed(_ => true, static (part, field) => field.Accessor.Clear(part));

    /// <summary>
    /// The bytes with one enum at a number that only a newer version knows: each in turn, however deep.
    /// </summary>
    public IEnumerable<(FieldDescriptor Field, byte[] Bytes)> WithEachEnumUnknown() =>
        Changed(
            static field => field.FieldType == FieldType.Enum,
            static (part, field) =>
                field.Accessor.SetValue(part, Enum.ToObject(field.Accessor.GetValue(part).GetType(), 99))
        );

    /// <summary>The bytes with one field set to a value.</summary>
    /// <param name="path">Names in the wire's description, from the message inwards, with dots between.</param>
    /// <param name="value">The value, of the field's own type.</param>
    public byte[] With(string path, object value)
    {
        var copy = root.Descriptor.Parser.ParseFrom(root.ToByteArray());
        var names = path.Split('.');
        var part = copy;
        foreach (var name in names[..^1])
        {
            var field =
                part.Descriptor.FindFieldByName(name)
                ?? throw new ArgumentException($"{path}: there is no {name}.", nameof(path));
            part = (IMessage)(
                field.IsRepeated
                    ? ((System.Collections.IList)field.Accessor.GetValue(part))[0]!
                    : field.Accessor.GetValue(part)
            );
        }
        (
            part.Descriptor.FindFieldByName(names[^1])
            ?? throw new ArgumentException($"{path}: there is no {names[^1]}.", nameof(path))
        ).Accessor.SetValue(part, value);
        return copy.ToByteArray();
    }

    IEnumerable<(FieldDescriptor Field, byte[] Bytes)> Changed(
        Func<FieldDescriptor, bool> which,
        Action<IMessage, FieldDescriptor> change
    )
    {
        var parts = PartsOf(root).Count();
        for (var part = 0; part < parts; part++)
            foreach (var field in PartsOf(root).ElementAt(part).Descriptor.Fields.InFieldNumberOrder().Where(which))
            {
                var copy = root.Descriptor.Parser.ParseFrom(root.ToByteArray());
                change(PartsOf(copy).ElementAt(part), field);
                yield return (field, copy.ToByteArray());
            }
    }

    static IEnumerable<IMessage> PartsOf(IMessage message)
    {
        yield return message;
        foreach (
            var field in message.Descriptor.Fields.InFieldNumberOrder().Where(f => f.FieldType == FieldType.Message)
        )
        {
            var value = field.Accessor.GetValue(message);
            var inner =
                value as System.Collections.IEnumerable ?? (value is null ? Array.Empty<object>() : new[] { value });
            foreach (var part in inner.Cast<IMessage>().SelectMany(PartsOf))
                yield return part;
        }
    }

    static byte[] UnknownFields()
    {
        using var bytes = new MemoryStream();
        using (var output = new CodedOutputStream(bytes, leaveOpen: true))
        {
            output.WriteTag(1001, WireFormat.WireType.Varint);
            output.WriteInt64(-1);
            output.WriteTag(1002, WireFormat.WireType.Fixed64);
            output.WriteFixed64(ulong.MaxValue);
            output.WriteTag(1003, WireFormat.WireType.LengthDelimited);
            output.WriteString("from the future");
            output.WriteTag(1004, WireFormat.WireType.StartGroup);
            output.WriteTag(1, WireFormat.WireType.Varint);
            output.WriteInt64(5);
            output.WriteTag(1004, WireFormat.WireType.EndGroup);
            output.WriteTag(1005, WireFormat.WireType.Fixed32);
            output.WriteFixed32(uint.MaxValue);
        }
        return bytes.ToArray();
    }
}
