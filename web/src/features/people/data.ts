/** Contacts who go first, and blocks: reads and writes. */
import { useQuery } from "@tanstack/react-query";
import { get, post, put, remove } from "../../data/http";
import { queryClient } from "../../data/query";
import { useLive } from "../../live/store";
import type { BlockBody, BlockView, ContactView, VipBody, VipView } from "../../wire";

export function useBlocks(past = false) {
  return useQuery({
    queryKey: ["blocks", past],
    queryFn: () => get<BlockView[]>(past ? "/blocks?all=yes" : "/blocks"),
    refetchOnMount: "always",
  });
}

export function useVips() {
  return useQuery({
    queryKey: ["vips"],
    queryFn: () => get<VipView[]>("/vips"),
    refetchOnMount: "always",
  });
}

const again = (name: string) => queryClient.invalidateQueries({ queryKey: [name] });

export async function block(body: BlockBody): Promise<void> {
  await post<BlockView>("/blocks", body);
  await again("blocks");
}

export async function lift(id: string): Promise<void> {
  await remove(`/blocks/${id}`);
  await again("blocks");
}

/** Show the mark beside the contact's conversations at once. */
function mark(contactId: string, vip: number): void {
  const { conversations } = useLive.getState();
  const changed = Object.values(conversations)
    .filter((each) => each.contact.id === contactId)
    .map((each) => {
      const contact: ContactView = { ...each.contact, vip };
      return [each.id, { ...each, contact }] as const;
    });
  useLive.setState({ conversations: { ...conversations, ...Object.fromEntries(changed) } });
}

export async function putVip(contactId: string, body: VipBody): Promise<void> {
  await put<VipView>(`/contacts/${contactId}/vip`, body);
  mark(contactId, body.priority);
  await again("vips");
}

export async function endVip(contactId: string): Promise<void> {
  await remove(`/contacts/${contactId}/vip`);
  mark(contactId, 0);
  await again("vips");
}
