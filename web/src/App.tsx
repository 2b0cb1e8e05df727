import { MantineProvider } from "@mantine/core";
import { QueryClientProvider } from "@tanstack/react-query";
import { lazy, Suspense } from "react";
import { Redirect, Route, Router, Switch } from "wouter";
import { whenUnauthenticated } from "./data/http";
import { signedOut, useMe } from "./data/me";
import { queryClient } from "./data/query";
import { Shell } from "./shell/Shell";
import { cssVariables, theme } from "./theme";
import { themeStorage } from "./themeStorage";
import { aroundNav } from "./ui/guard";
import { Failed, Loading } from "./ui/parts";

const LinkEntry = lazy(() => import("./features/entry/LinkEntry"));
const SignIn = lazy(() => import("./features/entry/SignIn"));
const Notices = lazy(() => import("./ui/Notices"));
const SetUp = lazy(() => import("./features/entry/SetUp"));

whenUnauthenticated(signedOut);

const nonce = document.querySelector<HTMLMetaElement>('meta[name="wecc-nonce"]')?.content ?? "";

/** The desk itself, for whoever is signed in; sign-in otherwise, at the same address. */
function Guarded() {
  const { data: me, error, refetch, isPending } = useMe();
  if (isPending) return <Loading rows={3} />;
  if (error) return <Failed error={error} retry={() => void refetch()} />;
  return me ? <Shell me={me} /> : <SignIn />;
}

function Pages() {
  return (
    <Suspense fallback={<Loading rows={3} />}>
      <Switch>
        <Route path="/link/:token">{({ token }) => <LinkEntry token={token} />}</Route>
        <Route path="/set-up" component={SetUp} />
        <Route path="/sign-in">
          <Redirect to="/" replace />
        </Route>
        <Route>
          <Guarded />
        </Route>
      </Switch>
    </Suspense>
  );
}

export function App() {
  return (
    <MantineProvider
      theme={theme}
      cssVariablesResolver={cssVariables}
      defaultColorScheme="auto"
      colorSchemeManager={themeStorage}
      getStyleNonce={() => nonce}
    >
      <QueryClientProvider client={queryClient}>
        <Suspense>
          <Notices />
        </Suspense>
        <Router aroundNav={aroundNav}>
          <Pages />
        </Router>
      </QueryClientProvider>
    </MantineProvider>
  );
}
