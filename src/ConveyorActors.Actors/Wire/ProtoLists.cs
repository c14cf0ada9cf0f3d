using System.Runtime.CompilerServices;
using Google.Protobuf.Collections;

namespace ConveyorActors.Actors.Wire;

/// <summary>Converts lists, element by element.</summary>
static class ProtoLists
{
    public static void AddAll<T, TProto>(
        this RepeatedField<TProto> protos,
        IReadOnlyList<T>? list,
        Func<T, TProto> toProto,
        [CallerArgumentExpression(nameof(list))] string field = ""
    )
    {
        if (list is null)
            throw Field.CreateMissingError(field);
        protos.Capacity = list.Count;
        foreach (var element in list)
            protos.Add(toProto(element is null ? throw Field.CreateMissingError($"{field}[]") : element));
    }

    public static void AddAll(
        this RepeatedField<string> protos,
        IReadOnlyList<string>? list,
        [CallerArgumentExpression(nameof(list))] string field = ""
    ) => protos.AddAll(list, static text => text.ToProto(), field);

    public static void AddAll(
        this RepeatedField<int> protos,
        IReadOnlyList<int>? list,
        [CallerArgumentExpression(nameof(list))] string field = ""
    ) => protos.AddRange(list ?? throw Field.CreateMissingError(field));

    public static void AddAll(
        this RepeatedField<long> protos,
        IReadOnlyList<long>? list,
        [CallerArgumentExpression(nameof(list))] string field = ""
    ) => protos.AddRange(list ?? throw Field.CreateMissingError(field));

    public static T[] ToArray<T, TProto>(this RepeatedField<TProto> protos, Func<TProto, T> fromProto)
    {
        var list = protos.Count == 0 ? [] : new T[protos.Count];
        for (var i = 0; i < list.Length; i++)
            list[i] = fromProto(protos[i]);
        return list;
    }

    public static string[] FromProto(this RepeatedField<string> protos) => protos.ToArray(Text.FromProto);
}
